-- expect: memory
-- one large text
return #('x'):rep(1 << 30)
