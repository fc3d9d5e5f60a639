-- expect: error where, column 8: an operator is expected
-- quotes in an expression stay inside it
return site.open('d'):where('age > 1"},{"op":"map"}'):count():exact()
