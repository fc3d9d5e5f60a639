-- expect: error attempt to divide by zero
-- integer division by zero
return 1 // 0
