-- expect: ok 3
-- the cap holds, whatever is caught
local v = site.open 'd'
local n = 0
while pcall(function() v:where('age > ' .. n):count{epsilon = 0.3}:release() end) do n = n + 1 end
return n
