-- expect: error
-- the same for writing
local t = {}
local mt = {}
mt.__newindex = setmetatable({}, mt)
setmetatable(t, mt)
t.x = 1
