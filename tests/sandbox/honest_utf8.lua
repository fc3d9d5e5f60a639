-- expect: ok 4
-- ordinary work
return utf8.len('grüß')
