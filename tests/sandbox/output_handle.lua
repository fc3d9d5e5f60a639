-- expect: error output: a userdata cannot leave
-- no handles
return site.open 'd'
