-- expect: error attempt to index a nil value
-- nothing yields
for x in function() return coroutine.yield() end do end
