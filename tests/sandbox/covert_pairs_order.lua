-- expect: ok "1 2 4 -1 0.5 Z a b é false true"
-- the order of a walk is the same in every process
local t = {b = 1, a = 1, Z = 1, ["é"] = 1, [true] = 1, [false] = 1, [0.5] = 1, [-1] = 1,
    [4] = 1, 1, 1}
local o = {}
for k in pairs(t) do o[#o + 1] = tostring(k) end
return table.concat(o, " ")
