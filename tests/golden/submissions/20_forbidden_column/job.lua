local v = site.open "stays"
return { n = v:where "died":count{ epsilon = 0.1 }:release().value }
