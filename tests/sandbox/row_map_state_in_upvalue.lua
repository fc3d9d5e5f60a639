-- expect: ok 3
local source = [[
local seen = 0
local function see() seen = seen + 1 return seen end
return see()
]]
return site.open("m"):map("x", {lower = 0, upper = 9, default = 0}, source):sum("x"):exact()
