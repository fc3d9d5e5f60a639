-- expect: error attempt to index a nil value
-- the chain that crashes Lua 5.4.4 cannot be made
local co
for i = 1, 100000 do co = coroutine.create(function() end) end
