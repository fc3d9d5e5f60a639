-- expect: ok 300
return site.open("m"):map("x", {lower = 0, upper = 100, default = 7}, "return 1e300"):sum("x"):exact()
