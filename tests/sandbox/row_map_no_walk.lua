-- expect: ok 0
-- A row program has no walk over tables, whose order another process would see.
return site.open("m"):map("x", {lower = 0, upper = 9, default = 0}, "for k in pairs {a = 1} do return 1 end"):sum("x"):exact()
