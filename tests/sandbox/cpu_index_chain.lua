-- expect: timeout
-- a metamethod that never ends
local t = setmetatable({}, {__index = function(t, k) while true do end end})
return t.x
