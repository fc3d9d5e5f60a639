-- expect: error
-- nor negative
site.open('d'):count{epsilon = -1}:release()
