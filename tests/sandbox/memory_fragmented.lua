-- expect: ok true
-- freed pieces are joined again
for round = 1, 20 do
  local t = {}
  for i = 1, 2000 do t[i] = ('x'):rep(i % 97 + 1) .. i end
  for i = 1, 2000, 2 do t[i] = nil end
end
return #('x'):rep(4000000) == 4000000
