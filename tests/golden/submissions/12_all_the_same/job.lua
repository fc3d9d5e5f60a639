local v = site.open "stays"
return { n = v:where "ward == 'B'":sum("smoker", {}):exact() }
