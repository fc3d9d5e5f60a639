-- expect: error output: a number that is not finite cannot leave
-- no NaN leaves
return 0 / 0
