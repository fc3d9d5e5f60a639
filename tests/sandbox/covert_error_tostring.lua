-- expect: error the error is not a text
-- and nothing runs to make them so
error(setmetatable({}, {__tostring = function() return 'x' end}))
