-- expect: error output.x: a number that is not finite cannot leave
-- no infinity leaves
return {x = -1 / 0}
