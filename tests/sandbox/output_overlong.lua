-- expect: error text must be UTF-8
-- no overlong forms
return '\xc0\xaf'
