-- expect: error attempt to perform 'n%
-- integer remainder by zero
return 1 % 0
