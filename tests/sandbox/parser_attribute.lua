-- expect: error unknown attribute
-- an attribute that is not there
local x <wrong> = 1
