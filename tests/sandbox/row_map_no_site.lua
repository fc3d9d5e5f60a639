-- expect: ok 0
return site.open("m"):map("x", {lower = 0, upper = 1, default = 0}, "site.open 'm' return 1"):sum("x"):exact()
