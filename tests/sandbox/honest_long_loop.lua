-- expect: ok 500000500000
-- ordinary work
local s = 0
for i = 1, 1000000 do s = s + i end
return s
