-- expect: error output.m: a userdata cannot leave
-- no measurements
return {m = site.open('d'):count{epsilon = 1}}
