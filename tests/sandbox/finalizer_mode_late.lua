-- expect: ok 1000
-- added later it makes no weak table: what it holds stays
local mt = {}
local t = setmetatable({}, mt)
mt.__mode = 'kv'
for i = 1, 1000 do t[i] = {} end
local junk
for i = 1, 1e6 do junk = {} end
local n = 0
for _ in pairs(t) do n = n + 1 end
return n
