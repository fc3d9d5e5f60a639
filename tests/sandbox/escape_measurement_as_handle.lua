-- expect: error call it on a handle
-- a measurement is no handle
local v = site.open 'd'
local m = v:count{epsilon = 0.1}
v.where(m, 'age > 1')
