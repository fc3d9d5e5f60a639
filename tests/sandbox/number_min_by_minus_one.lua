-- expect: ok -9223372036854775808
-- wraps, does not trap
return math.mininteger // -1
