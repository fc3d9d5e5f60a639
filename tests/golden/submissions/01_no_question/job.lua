local v = site.open "stays"
return { n = v:count{ epsilon = 0.1 }:release().value }
