-- expect: error %p is not available
-- no addresses
return string.format('%p', {})
