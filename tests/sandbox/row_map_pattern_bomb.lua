-- expect: ok 0
local source = "return (('a'):rep(60)):find(('a?'):rep(30) .. ('a'):rep(30))"
return site.open("m"):map("x", {lower = 0, upper = 9, default = 0}, source):sum("x"):exact()
