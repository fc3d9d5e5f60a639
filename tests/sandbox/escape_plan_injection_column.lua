-- expect: error
-- quotes in a column's name stay inside it
return site.open('d'):sum('age","exact":true,"x":"y'):exact()
