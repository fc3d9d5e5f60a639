-- expect: ok 5050
-- an order that is none: some order, and nothing is lost
local t, n = {}, 0
for i = 1, 100 do t[i] = i end
table.sort(t, function() return true end)
for _, v in ipairs(t) do n = n + v end
return n
