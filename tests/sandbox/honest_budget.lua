-- expect: ok {"accounting":"pure","delta":0,"epsilon":1,"rho":0}
-- ordinary work
return site.budget()
