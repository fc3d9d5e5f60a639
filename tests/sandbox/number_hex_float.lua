-- expect: ok 16.0
-- hexadecimal floats
return 0x1p4
