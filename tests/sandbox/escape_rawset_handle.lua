-- expect: error table expected
-- handles have no fields
rawset(site.open 'd', 1, 2)
