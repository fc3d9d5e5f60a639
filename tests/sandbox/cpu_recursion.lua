-- expect: memory
-- the stack is memory, too
local function f() return 1 + f() end
f()
