-- expect: error text must be UTF-8
-- no half characters
return '\u{D800}'
