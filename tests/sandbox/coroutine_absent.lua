-- expect: ok true
-- the library is not there
return coroutine == nil
