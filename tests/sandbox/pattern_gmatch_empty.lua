-- expect: ok 4
-- empty matches move on
local n = 0
for _ in ('abc'):gmatch('') do n = n + 1 end
return n
