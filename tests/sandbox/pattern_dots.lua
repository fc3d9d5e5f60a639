-- expect: timeout
-- polynomial, but large
return (('a'):rep(3000)):find(('.-'):rep(8) .. 'b')
