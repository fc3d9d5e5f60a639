-- expect: error __close is not available
-- no closing variables
setmetatable({}, {__close = print})
