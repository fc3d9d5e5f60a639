-- expect: error __gc is not available
-- however the name is written
setmetatable({}, {['__' .. 'g' .. 'c'] = print})
