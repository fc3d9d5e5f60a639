local v = site.open "stays"
return { n = v:group_by("ward"):count{}:exact() }
