-- expect: timeout
-- balanced pairs, none there
local s = ('('):rep(200000)
return s:find('%b()x')
