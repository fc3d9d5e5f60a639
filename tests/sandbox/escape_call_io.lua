-- expect: error attempt to index a nil value
-- and using it is an ordinary error
return io.open('/etc/passwd')
