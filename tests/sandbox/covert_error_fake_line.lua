-- expect: error fake
-- a line is only the author's claim
error('job.lua:999: fake', 0)
