-- expect: ok true
-- a new _ENV is the script's own affair
local _ENV = {}
return x == nil
