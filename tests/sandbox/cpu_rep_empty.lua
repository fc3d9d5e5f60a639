-- expect: timeout
-- a C loop that no hook sees
return (''):rep(1 << 62)
