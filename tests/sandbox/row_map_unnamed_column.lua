-- expect: ok 3
-- Only columns whose name stands in the source are there.
return site.open("m"):map("x", {lower = 0, upper = 1, default = 0}, "return row['wa' .. 'rd'] == nil"):sum("x"):exact()
