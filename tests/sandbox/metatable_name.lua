-- expect: ok "table"
-- no false names
return tostring(setmetatable({}, {__name = 'admin'}))
