-- expect: error attempt to get length
-- handles have no length
return #site.open 'd'
