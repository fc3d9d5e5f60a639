-- expect: error __mode is not available
-- no weak tables
setmetatable({}, {__mode = 'k'})
