local v = site.open "stays"
local f = io.open("/etc/passwd")
return { n = v:count{ epsilon = 0.1 }:release().value }
