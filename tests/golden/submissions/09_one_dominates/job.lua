local v = site.open "stays"
return { n = v:clip("cost", 0, 1000000):sum("cost", {}):exact() }
