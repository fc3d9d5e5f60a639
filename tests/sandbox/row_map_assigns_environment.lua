-- expect: error const
-- An upvalue that one row sets for the next needs no memory, so that none would be put back.
return site.open("m"):map("x", {lower = 0, upper = 9, default = 0},
    "if row.age == 20 then _ENV = math end return _ENV.pi and 9 or 0"):sum("x"):exact()
