-- expect: policy
-- questions are counted, the free ones too
local m = site.open('d'):count{epsilon = 0.1}
while true do m:explain() end
