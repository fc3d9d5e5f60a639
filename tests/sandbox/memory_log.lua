-- expect: ok 1
-- the log is bounded, not an error
for i = 1, 20000 do print(('x'):rep(100)) end
return 1
