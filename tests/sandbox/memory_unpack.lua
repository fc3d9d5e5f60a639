-- expect: error too many results to unpack
-- more results than the stack holds
return select('#', table.unpack({}, 1, 1e7))
