local v = site.open "stays"
-- ‮ tnuoc
return { n = v:count{ epsilon = 0.1 }:release().value }
