-- expect: error output: it is too large
-- bounded in bytes
return ('x'):rep(100000)
