-- expect: error epsilon must be a finite number
-- no price is NaN
site.open('d'):count{epsilon = 0 / 0}
