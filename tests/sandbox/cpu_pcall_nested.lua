-- expect: timeout
-- a loop behind a caught error
local function f() pcall(f) while true do end end
f()
