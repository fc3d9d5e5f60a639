-- expect: error unexpected symbol
-- raw
#!/usr/bin/lua
return 1
