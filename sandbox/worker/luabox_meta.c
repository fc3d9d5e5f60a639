/* luabox_meta.c -- metatables without finalizers, weak references and closing. */
#include "sandbox/worker/luabox_env.h"

#include "datasite/base/check.h"

#include <lauxlib.h>
#include <stdbool.h>
#include <string.h>

static const char *const forbidden[] = {"__gc", "__mode", "__close"};

int
luabox_setmetatable(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_argexpected(L, lua_isnil(L, 2) || lua_istable(L, 2), 2, "nil or table");
    for (size_t i = 0; i < ARRAY_N(forbidden) && lua_istable(L, 2); i++) {
        lua_pushstring(L, forbidden[i]);
        if (lua_rawget(L, 2) != LUA_TNIL)
            return luaL_error(L, "setmetatable: %s is not available", forbidden[i]);
        lua_pop(L, 1);
    }
    if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL)
        return luaL_error(L, "cannot change a protected metatable");
    lua_settop(L, 2);
    lua_setmetatable(L, 1);
    return 1;
}

/* Takes a metamethod out of the language. Lua looks it up by a string of its own, made
 * before any script is there; here that string gets another text, and stays where the old
 * one is sought: no script can write it. setmetatable says so to the honest; this holds
 * for what is written into a metatable later. */
static void
forget_metamethod(lua_State *L, const char *name)
{
    const char *own = lua_pushstring(L, name);
    size_t n = strlen(name);
    char *text = (char *)(uintptr_t)own;
    bool found = true;

    for (int c = 1; found; c++) {
        text[0] = (char)c;
        found = lua_pushlstring(L, text, n) == own;
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

/* The library's own large buffers close themselves: their metatable is made while the
 * names still mean something, and keeps the strings. */
static void
know_buffers(lua_State *L)
{
    luaL_Buffer b;

    luaL_buffinitsize(L, &b, (size_t)2 * LUAL_BUFFERSIZE);
    luaL_pushresultsize(&b, 0);
    lua_pop(L, 1);
}

void
luabox_forget_metamethods(lua_State *L)
{
    know_buffers(L);
    for (size_t i = 0; i < ARRAY_N(forbidden); i++)
        forget_metamethod(L, forbidden[i]);
}
