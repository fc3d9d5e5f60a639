-- expect: error has no order
-- keys that are kept by their address
local t = {}
for i = 1, 9 do t[{}] = i end
for _, v in pairs(t) do return v end
