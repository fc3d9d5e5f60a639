-- expect: error got a non-closable value
-- nor when it is written past all metamethods
local mt = {}
local t = setmetatable({}, mt)
rawset(mt, '__' .. 'close', function() error('closed') end)
do local x <close> = t end
