-- expect: error invalid value
-- here the lie meets an empty place
table.concat(setmetatable({}, {__len = function() return 1 << 60 end}))
