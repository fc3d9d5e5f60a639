-- expect: error count: unknown option 'alpha'
-- which of several is named does not hang on where they are kept
site.open('d'):count{zeta = 1, alpha = 1, mid = 1, omega = 1, epsilon = 1}
