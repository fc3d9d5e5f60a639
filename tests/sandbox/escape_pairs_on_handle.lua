-- expect: error table expected
-- handles have no rows to walk
for k in pairs(site.open 'd') do end
