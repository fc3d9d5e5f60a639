-- expect: memory
-- many small tables
local t = {}
while true do t[#t + 1] = {} end
