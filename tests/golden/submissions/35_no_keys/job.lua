local v = site.open "stays"
return { n = v:group_by("code"):count{ epsilon = 0.1 }:release() }
