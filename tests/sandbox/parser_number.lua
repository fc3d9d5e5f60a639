-- expect: error malformed number
-- a number that is none
return 0x
