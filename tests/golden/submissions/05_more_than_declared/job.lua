local v = site.open "stays"
local n = v:count{ epsilon = 0.1 }:release().value
return { n = n, more = n * 2 }
