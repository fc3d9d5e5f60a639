local v = site.open "stays"
local n = v:count{ epsilon = 0.1 }:release(
return { n = n.value }
