-- expect: ok 7
-- ordinary work
local P = {}
P.__index = P
function P.new(x) return setmetatable({x = x}, P) end
function P:get() return self.x end
return P.new(7):get()
