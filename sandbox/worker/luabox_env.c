/* luabox_env.c -- what a script finds: allow-lists of Lua's libraries. */
#include "sandbox/worker/luabox_env.h"

#include "datasite/base/check.h"
#include "sandbox/worker/luaorder.h"
#include "sandbox/worker/luasort.h"

#include <lauxlib.h>
#include <lualib.h>

/* What scripts may use of each library; what has a function of ours is ours. */
struct allowed {
    const char *name;
    lua_CFunction ours;
};

static const struct allowed base_list[] = {
    {"assert", NULL},
    {"error", NULL},
    {"getmetatable", NULL},
    {"ipairs", NULL},
    {"next", luaorder_next},
    {"pairs", luaorder_pairs},
    {"pcall", NULL},
    {"print", luabox_print},
    {"rawequal", NULL},
    {"rawget", NULL},
    {"rawlen", NULL},
    {"rawset", NULL},
    {"select", NULL},
    {"setmetatable", luabox_setmetatable},
    {"tonumber", NULL},
    {"tostring", luabox_tostring},
    {"type", NULL},
    {"_VERSION", NULL},
};
static const struct allowed string_list[] = {
    {"byte", NULL},
    {"char", NULL},
    {"find", NULL},
    {"format", luabox_format},
    {"gmatch", NULL},
    {"gsub", NULL},
    {"len", NULL},
    {"lower", NULL},
    {"match", NULL},
    {"pack", NULL},
    {"packsize", NULL},
    {"rep", NULL},
    {"reverse", NULL},
    {"sub", NULL},
    {"unpack", NULL},
    {"upper", NULL},
};
static const struct allowed table_list[] = {
    {"concat", NULL},
    {"insert", NULL},
    {"move", NULL},
    {"pack", NULL},
    {"remove", NULL},
    {"sort", luasort},
    {"unpack", NULL},
};
static const struct allowed math_list[] = {
    {"abs", NULL},
    {"acos", NULL},
    {"asin", NULL},
    {"atan", NULL},
    {"ceil", NULL},
    {"cos", NULL},
    {"deg", NULL},
    {"exp", NULL},
    {"floor", NULL},
    {"fmod", NULL},
    {"huge", NULL},
    {"log", NULL},
    {"max", NULL},
    {"maxinteger", NULL},
    {"min", NULL},
    {"mininteger", NULL},
    {"modf", NULL},
    {"pi", NULL},
    {"rad", NULL},
    {"random", luabox_random},
    {"randomseed", luabox_randomseed},
    {"sin", NULL},
    {"sqrt", NULL},
    {"tan", NULL},
    {"tointeger", NULL},
    {"type", NULL},
    {"ult", NULL},
};
static const struct allowed utf8_list[] = {
    {"char", NULL},
    {"charpattern", NULL},
    {"codepoint", NULL},
    {"codes", NULL},
    {"len", NULL},
    {"offset", NULL},
};

/* Pushes a new table with what list allows of the library on top of the stack. A
 * function of ours has the library's as its upvalue. */
static void
push_allowed(lua_State *L, const struct allowed *list, size_t n)
{
    int library = lua_gettop(L);

    lua_createtable(L, 0, (int)n);
    for (size_t i = 0; i < n; i++) {
        lua_getfield(L, library, list[i].name);
        if (list[i].ours != NULL)
            lua_pushcclosure(L, list[i].ours, 1);
        lua_setfield(L, -2, list[i].name);
    }
}

static void
add_library(lua_State *L, int env, lua_CFunction open, const char *name,
    const struct allowed *list, size_t n)
{
    lua_pushcfunction(L, open);
    lua_call(L, 0, 1);
    push_allowed(L, list, n);
    lua_setfield(L, env, name);
    lua_pop(L, 1);
}

/* Methods on text come from a copy that scripts cannot change or reach. What the string
 * library put into the metatable beside them (arithmetic on numerals) stays. */
static void
seal_string_metatable(lua_State *L, int env)
{
    lua_pushliteral(L, "");
    lua_getmetatable(L, -1);
    lua_getfield(L, env, "string");
    push_allowed(L, string_list, ARRAY_N(string_list));
    lua_setfield(L, -3, "__index");
    lua_pop(L, 1);
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 2);
}

int
luabox_environment(lua_State *L)
{
    int env;

    lua_pushcfunction(L, luaopen_base);
    lua_call(L, 0, 1);
    push_allowed(L, base_list, ARRAY_N(base_list));
    env = lua_gettop(L);
    add_library(L, env, luaopen_string, "string", string_list, ARRAY_N(string_list));
    add_library(L, env, luaopen_table, "table", table_list, ARRAY_N(table_list));
    add_library(L, env, luaopen_math, "math", math_list, ARRAY_N(math_list));
    add_library(L, env, luaopen_utf8, "utf8", utf8_list, ARRAY_N(utf8_list));
    seal_string_metatable(L, env);
    luabox_forget_metamethods(L);
    lua_pushvalue(L, env);
    lua_setfield(L, env, "_G");
    lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
    return 0;
}
