-- expect: error error() was given no text
-- and nothing runs to make them so
error(setmetatable({}, {__tostring = function() return 'x' end}))
