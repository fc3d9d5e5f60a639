-- expect: error boom
-- whose error is an ordinary error
local mt = {}
local t = setmetatable({}, mt)
mt.__close = function() error('boom') end
do local x <close> = t end
