-- expect: ok 1
-- an ordinary call when added later
local mt = {}
local t = setmetatable({}, mt)
mt.__close = function() end
do local x <close> = t end
return 1
