local v = site.open "stays"
v:count{ epsilon = 0.1 }:release()
return { n = print }
