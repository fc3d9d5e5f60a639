-- expect: ok 0
-- does not trap
return math.mininteger % -1
