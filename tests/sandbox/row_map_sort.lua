-- expect: ok 90
-- Sorting asks no clock: not even where a quicksort would.
local source = [[
local t = {}
for i = 1, 200 do t[i] = i % 2 == 1 and i or i // 2 + 100 end
table.sort(t)
return t[200] == 200 and row.age or 0
]]
return site.open("m"):map("x", {lower = 0, upper = 100, default = 1}, source):sum("x"):exact()
