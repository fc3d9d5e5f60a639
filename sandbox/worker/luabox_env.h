/* luabox_env.h -- what a script finds in the box, and our functions among Lua's.
 *
 * A function of ours that stands in for one of Lua's has that one as its upvalue. */
#ifndef SANDBOX_WORKER_LUABOX_ENV_H
#define SANDBOX_WORKER_LUABOX_ENV_H

#include <lua.h>

/* Makes the global environment of the state; called in protected mode, once. */
int luabox_environment(lua_State *L);

int luabox_tostring(lua_State *L);
/* One frame a line, cut at the line's ceiling; silence once the log is full. */
int luabox_print(lua_State *L);
/* string.format, whose %s shows no addresses and which has no %p. */
int luabox_format(lua_State *L);

/* Refuses __gc, __mode and __close. */
int luabox_setmetatable(lua_State *L);
/* Takes them out of the language, for what is written into a metatable later. */
void luabox_forget_metamethods(lua_State *L);

int luabox_random(lua_State *L);
int luabox_randomseed(lua_State *L);

#endif
