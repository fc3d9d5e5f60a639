local v = site.open "stays"
local los = v:select("los", "age")
return { n = los:clip("los", 0, 9):count{ epsilon = 0.1 }:release().value }
