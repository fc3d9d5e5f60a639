-- expect: error it is too large
-- keys, too
return {[('k'):rep(100000)] = 1}
