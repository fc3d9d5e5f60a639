-- expect: ok 2.0
-- ordinary work
local function mean(t) local s = 0 for _, x in ipairs(t) do s = s + x end return s / #t end
return mean{1, 2, 3}
