-- expect: error unknown option
-- options are read as they are
site.open('d'):count(setmetatable({x = 1}, {__index = {epsilon = 1}}))
