-- expect: error blocks
return site.open("m"):sample_aggregate{blocks = 1, lower = 0, upper = 9, default = 0, run = "return 1"}:exact()
