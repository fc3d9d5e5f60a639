-- expect: ok true
-- no oracle of the heap
return collectgarbage == nil
