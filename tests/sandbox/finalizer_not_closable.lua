-- expect: error got a non-closable value
-- a number cannot be closed
local x <close> = 1
