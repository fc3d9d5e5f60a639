-- expect: ok 3
-- a handle does not need the global
local v = site.open 'd'
site = nil
return v:count():exact()
