local v = site.open "x"
return { n = v:where("los > 3"):count{ epsilon = 0.1 }:release().value } --[==[ a ]==]
