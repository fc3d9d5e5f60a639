-- expect: ok true
-- no clock
return os == nil
