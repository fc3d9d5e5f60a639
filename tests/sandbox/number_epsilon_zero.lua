-- expect: error
-- nor zero
site.open('d'):count{epsilon = 0}:release()
