-- expect: error '__index' chain too long; possible loop
-- a chain that bites its tail
local t = {}
setmetatable(t, {__index = t})
local u = setmetatable({}, {__index = t})
getmetatable(t).__index = u
return t.x
