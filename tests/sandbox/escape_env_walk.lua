-- expect: ok []
-- nothing reachable from _G is a door
local found = {}
local seen = {}
local function walk(t, path)
  if seen[t] then return end
  seen[t] = true
  for k, v in pairs(t) do
    local p = path .. '.' .. tostring(k)
    if k == 'io' or k == 'os' or k == 'debug' or k == 'package' or k == 'load' then found[#found + 1] = p end
    if type(v) == 'table' then walk(v, p) end
  end
end
walk(_G, '_G')
return found
