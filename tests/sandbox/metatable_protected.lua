-- expect: error cannot change a protected metatable
-- protection holds
local t = setmetatable({}, {__metatable = 'no'})
setmetatable(t, {})
