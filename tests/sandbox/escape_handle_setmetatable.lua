-- expect: error table expected
-- and cannot be changed
setmetatable(site.open 'd', {})
