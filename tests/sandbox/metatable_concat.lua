-- expect: ok "ab"
-- operators work
return setmetatable({}, {__concat = function(a, b) return 'ab' end}) .. 'x'
