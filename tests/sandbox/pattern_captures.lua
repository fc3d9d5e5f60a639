-- expect: error too many captures
-- too many captures
return ('x'):find(('()'):rep(40))
