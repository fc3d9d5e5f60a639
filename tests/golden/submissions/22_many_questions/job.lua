local v = site.open "stays"
local n = 0
for a = 0, 30 do
  n = n + v:where("age == " .. a):count{ epsilon = 0.01 }:release().value
end
return { n = n }
