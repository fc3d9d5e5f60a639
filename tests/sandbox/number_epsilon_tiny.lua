-- expect: ok true
-- what is below the ledger's unit costs one unit
return site.open('d'):count{epsilon = 1e-300}:explain().epsilon == 1e-9
