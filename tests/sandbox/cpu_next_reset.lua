-- expect: timeout
-- a walk without an end
local t = {1, 2}
local k
while true do k = next(t, k) end
