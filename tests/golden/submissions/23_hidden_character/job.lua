local v = site.open "stays"
local n​ = 1
return { n = v:count{ epsilon = 0.1 }:release().value }
