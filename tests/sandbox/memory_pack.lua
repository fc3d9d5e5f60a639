-- expect: memory
-- packed arguments
local t = {}
while true do t[#t + 1] = table.pack(1, 2, 3, 4, 5, 6, 7, 8) end
