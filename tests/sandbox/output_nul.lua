-- expect: error text must be UTF-8 without NUL
-- no NUL
return 'a\0b'
