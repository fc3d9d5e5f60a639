-- expect: ok 1
-- ordinary work
print('hello', 1)
return 1
