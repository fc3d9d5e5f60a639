local v = site.open "stays"
return { n = v:count{}:exact() }
