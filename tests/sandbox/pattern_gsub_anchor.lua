-- expect: ok "xbc"
-- so do anchors
return (('abc'):gsub('^%w', 'x'))
