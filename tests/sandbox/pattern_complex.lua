-- expect: error pattern too complex
-- recursion has a ceiling
return (('x'):rep(300000)):find(('x?'):rep(300000))
