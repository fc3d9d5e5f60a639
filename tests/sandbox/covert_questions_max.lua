-- expect: policy
-- questions are counted
local v = site.open 'd'
for i = 1, 100 do v:where('age > ' .. i):count():exact() end
