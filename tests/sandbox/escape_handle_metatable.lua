-- expect: ok "handle"
-- the metatable of handles is hidden
return getmetatable(site.open 'd')
