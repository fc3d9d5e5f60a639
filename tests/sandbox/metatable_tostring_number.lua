-- expect: error __tostring must give a string
-- text is text
return tostring(setmetatable({}, {__tostring = function() return 1 end}))
