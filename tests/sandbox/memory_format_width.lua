-- expect: error invalid conversion
-- no wide formats
return string.format('%1000d', 1)
