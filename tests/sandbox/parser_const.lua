-- expect: error attempt to assign to const variable
-- a constant stays
local x <const> = 1
x = 2
