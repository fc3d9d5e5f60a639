-- expect: error got a non-closable value
-- added later it has no effect either
local mt = {}
local t = setmetatable({}, mt)
mt.__close = function() error('closed') end
do local x <close> = t end
