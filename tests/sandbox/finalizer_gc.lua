-- expect: error __gc is not available
-- no code at collection
setmetatable({}, {__gc = function() while true do end end})
