-- expect: error keys must be
-- no holes
return {1, nil, 3}
