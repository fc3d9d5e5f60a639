-- expect: ok null
-- nothing is null
local x = 1
