-- expect: ok true
-- no value is a thread
return type(print) ~= 'thread'
