-- expect: error attempt to index a nil value
-- using it is an ordinary error
coroutine.wrap(function() end)()
