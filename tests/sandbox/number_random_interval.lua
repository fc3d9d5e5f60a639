-- expect: ok true
-- the widest interval
return math.random(math.mininteger, math.maxinteger) ~= nil
