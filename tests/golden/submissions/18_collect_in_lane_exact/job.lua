local v = site.open "stays"
return { n = v:collect("return #rows") }
