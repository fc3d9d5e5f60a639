local v = site.open "stays"
return { n = v:group_by("person", {"p1"}):count{ epsilon = 0.1 }:release() }
