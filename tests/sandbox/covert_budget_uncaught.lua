-- expect: budget
-- and ends the run where nothing catches it
local v = site.open 'd'
for i = 1, 9 do v:where('age > ' .. i):count{epsilon = 0.3}:release() end
