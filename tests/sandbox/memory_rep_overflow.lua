-- expect: error resulting string too large
-- a length that overflows
return ('xx'):rep(1 << 62)
