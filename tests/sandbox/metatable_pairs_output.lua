-- expect: ok {"a":1}
-- nor here
return setmetatable({a = 1}, {__pairs = function() error('x') end})
