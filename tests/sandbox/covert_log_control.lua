-- expect: ok 1
-- the log may hold anything, and is escaped where it is shown
print('\27[31m\0\r')
return 1
