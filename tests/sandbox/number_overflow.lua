-- expect: ok true
-- integers wrap
return math.maxinteger + 1 == math.mininteger
