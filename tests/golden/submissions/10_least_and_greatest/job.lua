local v = site.open "stays"
return { n = v:quantile("los", {0, 1}, { candidates = {0, 30, 1} }):exact() }
