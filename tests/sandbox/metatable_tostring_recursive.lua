-- expect: error stack overflow
-- recursion through C
local t
t = setmetatable({}, {__tostring = function() return tostring(t) end})
return tostring(t)
