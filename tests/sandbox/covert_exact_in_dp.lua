-- expect: policy
-- lane: dp
-- no true values in lane dp
return site.open('d'):count():exact()
