local v = site.open "stays"
os.execute("id")
return { n = v:count{ epsilon = 0.1 }:release().value }
