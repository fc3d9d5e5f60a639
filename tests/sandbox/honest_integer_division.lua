-- expect: ok [3,1,1024.0,3.5]
-- ordinary work
return {7 // 2, 7 % 3, 2 ^ 10, 7 / 2}
