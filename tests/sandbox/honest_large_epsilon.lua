-- expect: ok 3
-- ordinary work
return site.open('d'):count{epsilon = 1}:release().error95
