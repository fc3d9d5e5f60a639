local v = site.open "stays"
return { n = v:count{ epsilon = 5 }:release().value }
