-- expect: ok "function"
-- no addresses
return tostring(print)
