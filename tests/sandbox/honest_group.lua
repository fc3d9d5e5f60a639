-- expect: ok {"A":2,"B":1}
-- ordinary work
return site.open('d'):group_by('ward'):count():exact()
