-- expect: ok [1,2,3]
-- ordinary work
local t = {3, 1, 2}
table.sort(t)
return t
