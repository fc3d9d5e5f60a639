-- expect: policy
return site.open("m"):collect "return #rows"
