-- expect: ok "\u001B[2J\r\n"
-- control characters are escaped
return '\27[2J\r\n'
