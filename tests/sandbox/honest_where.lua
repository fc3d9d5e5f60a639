-- expect: ok 1
-- ordinary work
return site.open('d'):where('age >= 30 and ward == "B"'):count():exact()
