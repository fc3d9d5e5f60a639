-- expect: error error() was given no text
-- errors are text
error({secret = 1})
