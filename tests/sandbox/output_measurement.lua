-- expect: error output.m: a measurement cannot leave
-- no measurements
return {m = site.open('d'):count{epsilon = 1}}
