-- expect: ok 410
-- the longest number there is needs no more memory of libc
return #string.format('%99.99f', -1e308)
