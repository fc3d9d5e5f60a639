-- expect: ok true
-- the ceiling can be caught; the run goes on
local ok = pcall(function() local t = {} while true do t[#t + 1] = {} end end)
return not ok
