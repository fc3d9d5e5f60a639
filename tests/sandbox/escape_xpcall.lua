-- expect: ok true
-- the door is not there
return xpcall == nil
