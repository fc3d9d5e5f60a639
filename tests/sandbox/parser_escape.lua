-- expect: error invalid escape sequence
-- an escape that is none
return '\q'
