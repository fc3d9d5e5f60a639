-- expect: ok []
-- the output is what is there
return setmetatable({}, {__len = function() return 5 end})
