-- expect: error invalid capture index
-- a capture that is not there
return ('a'):gsub('a', '%2')
