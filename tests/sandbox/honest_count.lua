-- expect: ok 3
-- ordinary work
return site.open('d'):count():exact()
