-- expect: error keys must be
-- no keys that are not text
return {[true] = 1}
