-- expect: ok "A"
-- methods on text cannot be replaced
string.upper = function() return 'x' end
return ('a'):upper()
