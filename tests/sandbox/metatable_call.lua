-- expect: ok 3
-- calls work
return setmetatable({}, {__call = function(_, x) return x + 1 end})(2)
