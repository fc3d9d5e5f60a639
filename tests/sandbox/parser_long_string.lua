-- expect: error unfinished long string
-- a bracket that does not close
return [==[ x ]=]
