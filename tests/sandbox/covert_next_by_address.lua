-- expect: error has no order
return next({[print] = 1, [tostring] = 2})
