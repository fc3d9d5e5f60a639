-- expect: ok 0
-- no seed words
return select('#', math.randomseed(1))
