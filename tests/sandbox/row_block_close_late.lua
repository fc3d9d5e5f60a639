-- expect: ok 7.0
-- Nothing runs at the end of a block, whatever its metatables say later.
local source = [[
local mt = {}
local t = setmetatable({}, mt)
mt.__close = function() end
do local x <close> = t end
return 1
]]
return site.open("m"):sample_aggregate{blocks = 2, lower = 0, upper = 9, default = 7, run = source}:exact()
