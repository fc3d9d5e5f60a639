-- expect: ok []
-- metamethods do not run while the output is written
return setmetatable({}, {__index = function() return 1 end})
