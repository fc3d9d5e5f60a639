local v = site.open "stays"
v:count{ epsilon = 0.1 }:release()
local t = {}
for i = 1, 5000 do t[i] = i end
return { n = t }
