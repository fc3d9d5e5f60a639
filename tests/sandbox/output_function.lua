-- expect: error output: a function cannot leave
-- no functions
return print
