-- expect: ok 0.5
-- ordinary work
local e = site.open('d'):count{epsilon = 0.5}:explain()
return e.epsilon
