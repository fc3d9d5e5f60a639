-- expect: error epsilon must be a finite number
-- nor infinite
site.open('d'):count{epsilon = math.huge}
