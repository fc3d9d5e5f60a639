-- expect: ok 30
-- again and again
local n = 0
for i = 1, 30 do if not pcall(string.rep, 'x', 1 << 30) then n = n + 1 end end
return n
