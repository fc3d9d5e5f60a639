-- expect: ok 1
-- added later it has no effect
local mt = {}
setmetatable({}, mt)
mt.__gc = function() while true do end end
for i = 1, 1e5 do local t = {} end
return 1
