-- expect: error epsilon must be a number
-- nor padded
site.open('d'):count{epsilon = ' 1'}
