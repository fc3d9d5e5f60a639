local v = site.open "stays"
v:count{ epsilon = 0.1 }:release()
local t = {}
for i = 1, 1e9 do t[i] = ("x"):rep(1000) .. i end
return { n = #t }
