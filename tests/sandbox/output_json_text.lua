-- expect: ok "\"},{\"x\":1"
-- text stays text
return '"},{"x":1'
