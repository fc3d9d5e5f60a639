-- expect: ok {"a":{"b":[1,2],"c":"x"}}
-- ordinary work
return {a = {b = {1, 2}, c = 'x'}}
