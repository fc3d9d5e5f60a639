-- expect: error xxxxxxxx
-- and short
error(('x'):rep(100000))
