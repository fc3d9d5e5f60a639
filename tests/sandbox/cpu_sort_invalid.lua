-- expect: error
-- an order that is none
local t = {}
for i = 1, 100 do t[i] = i end
table.sort(t, function() return true end)
