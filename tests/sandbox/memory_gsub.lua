-- expect: memory
-- an amplifying substitution
return #(('x'):rep(100000):gsub('x', ('y'):rep(10000)))
