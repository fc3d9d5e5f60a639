-- expect: ok true
-- ordinary work
local r = site.open('d'):count{epsilon = 0.5}:release()
return math.type(r.value) == 'integer' and r.error95 > 0
