local v = site.open "stays"
return { n = v:mean("ward", { epsilon = 0.1 }):release().value }
