local v = site.open "stays"
return { n = v:where "age >= 90":mean("los", {}):exact() }
