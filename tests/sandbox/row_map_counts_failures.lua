-- expect: ok 21
-- Three failures of different kinds look alike: the default.
local source = [[
if row.age == 20 then error "no" end
if row.age == 30 then while true do end end
local s = "x" while true do s = s .. s end
]]
return site.open("m"):map("x", {lower = 0, upper = 100, default = 7}, source):sum("x"):exact()
