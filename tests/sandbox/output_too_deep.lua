-- expect: error nested too deeply
-- not nine
local t = 1
for i = 1, 9 do t = {t} end
return t
