local v = site.open "stays"
local n = v:count{ epsilon = 0.1 }:release().value
while true do n = n + 1 end
