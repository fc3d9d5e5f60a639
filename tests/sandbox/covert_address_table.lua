-- expect: ok "table"
-- no addresses
return tostring({})
