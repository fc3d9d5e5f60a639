-- expect: error attempt to index a nil value
-- no commands
return os.execute('id')
