-- expect: ok 3
return site.open("m"):map("x", {lower = 0, upper = 1, default = 0}, "print(row.age) return 1"):sum("x"):exact()
