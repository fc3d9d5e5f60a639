-- expect: ok "handle"
-- no addresses
return tostring(site.open 'd')
