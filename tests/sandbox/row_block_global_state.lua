-- expect: ok 1.0
return site.open("m"):sample_aggregate{blocks = 3, lower = 0, upper = 9, default = 0,
    run = "seen = (seen or 0) + 1 return seen"}:exact()
