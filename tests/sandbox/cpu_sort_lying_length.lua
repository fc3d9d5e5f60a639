-- expect: error array too big
-- an array that is none
table.sort(setmetatable({}, {__len = function() return 1 << 60 end}))
