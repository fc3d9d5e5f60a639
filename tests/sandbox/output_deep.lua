-- expect: ok [[[[[[[[1]]]]]]]]
-- eight levels
local t = 1
for i = 1, 8 do t = {t} end
return t
