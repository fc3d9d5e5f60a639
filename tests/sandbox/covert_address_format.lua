-- expect: ok "table"
-- no addresses
return string.format('%s', {})
