local v = site.open "stays"
return { n = v:group_by("age", {90, 91, 92, 93}):count{}:exact() }
