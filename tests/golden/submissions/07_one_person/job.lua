local v = site.open "stays"
return { n = v:where "age == 93":count{}:exact() }
