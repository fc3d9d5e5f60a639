-- expect: ok "3 OF X"
-- ordinary work
return ('%d of %s'):format(3, 'x'):upper()
