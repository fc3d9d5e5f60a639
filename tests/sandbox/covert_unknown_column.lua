-- expect: error secret
-- a column that is not there is named
return site.open('d'):sum('secret'):exact()
