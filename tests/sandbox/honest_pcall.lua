-- expect: ok [false,"x"]
-- ordinary work
local ok, e = pcall(error, 'x')
return {ok, e}
