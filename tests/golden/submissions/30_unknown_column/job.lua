local v = site.open "stays"
return { n = v:where "agee > 5":count{ epsilon = 0.1 }:release().value }
