-- expect: ok 6
-- frontiers work
return (('THE (quick) fox'):find('%f[%a]%a+%f[%A]', 4))
