-- expect: error epsilon must be a number
-- prices are plain decimals
site.open('d'):count{epsilon = '0x1p4'}
