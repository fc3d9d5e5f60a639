-- expect: error the error is not a text
-- errors are text
error({secret = 1})
