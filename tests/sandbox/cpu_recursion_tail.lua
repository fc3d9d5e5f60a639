-- expect: timeout
-- tail calls never end
local function f() return f() end
f()
