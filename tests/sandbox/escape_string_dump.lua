-- expect: ok true
-- the door is not there
return string.dump == nil
