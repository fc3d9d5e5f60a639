-- expect: error output: a handle cannot leave
-- no handles
return site.open 'd'
