-- expect: ok false
-- the metatable of texts is hidden
return getmetatable('')
