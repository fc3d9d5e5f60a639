-- expect: ok 90
-- ordinary work
return site.open('d'):sum('age'):exact()
