-- expect: error call it on a handle
-- a table is no handle
local v = site.open 'd'
local f = v.where
f(setmetatable({}, {__index = v}), 'age > 1')
