-- expect: error cannot use '...' outside a vararg function
-- no dots here
local function f() return ... end
