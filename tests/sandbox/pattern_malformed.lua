-- expect: error malformed pattern
-- an unfinished class
return ('x'):find('[a')
