-- expect: error text must be UTF-8
-- text is UTF-8
return '\xff\xfe'
