-- expect: ok 15
-- Lua's own arithmetic on text
return '10' + 5
