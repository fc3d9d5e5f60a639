local v = site.open "stays"
local m = require("socket")
return { n = v:count{ epsilon = 0.1 }:release().value }
