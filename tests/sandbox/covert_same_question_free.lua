-- expect: ok true
-- the same question has the same answer, for one price
local v = site.open 'd'
local a = v:count{epsilon = 0.9}:release().value
for i = 1, 5 do if v:count{epsilon = 0.9}:release().value ~= a then return false end end
return true
