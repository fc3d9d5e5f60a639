-- expect: ok [1,3,5]
-- An adversary that gives a quicksort nothing to cut: the library's would ask the clock.
local value, list, solid, candidate = {}, {}, 0, nil
for i = 1, 3000 do value[i] = 1e9 list[i] = i end
table.sort(list, function(a, b)
    if value[a] == 1e9 and value[b] == 1e9 then
        value[a == candidate and a or b] = solid
        solid = solid + 1
    end
    candidate = value[a] == 1e9 and a or b
    return value[a] < value[b]
end)
local t, n = {}, 20000
for i = 1, n do t[i] = i % 2 == 1 and i or i // 2 + n // 2 end
table.sort(t)
return {t[1], t[2], t[3]}
