-- expect: error attempt to load a binary chunk
-- raw
LuaS
