-- expect: error epsilon must be a finite number of usual size
-- nor too small to write
site.open('d'):count{epsilon = 1e-300}
