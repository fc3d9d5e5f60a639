-- expect: ok [1,1.0,9007199254740992.0]
-- whole and other numbers stay apart
return {1, 1.0, 2^53}
