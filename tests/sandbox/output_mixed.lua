-- expect: error keys must be
-- no mixed keys
return {1, x = 2}
