-- expect: error nested too deeply
-- no cycles
local t = {}
t.t = t
return t
