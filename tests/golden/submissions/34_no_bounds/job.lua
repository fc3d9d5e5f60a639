local v = site.open "stays"
return { n = v:sum("cost", { epsilon = 0.1 }):release().value }
