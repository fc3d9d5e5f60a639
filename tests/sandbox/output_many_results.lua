-- expect: ok 1
-- the first result counts
return 1, 2, 3
