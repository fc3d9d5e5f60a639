-- expect: memory
-- sparse keys
local t = {}
for i = 1, 1e8 do t[i * 4097.5] = true end
