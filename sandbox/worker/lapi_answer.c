/* lapi_answer.c -- answers of the broker become what a script gets. */
#include "sandbox/worker/lapi_answer.h"

#include "datasite/base/check.h"
#include "sandbox/worker/lapi_args.h"

#include <lauxlib.h>
#include <math.h>

/* Answers nest as deep as luajson reads them. */
void // NOLINTNEXTLINE(misc-no-recursion)
lapi_scale(lua_State *L, lua_Integer decimals)
{
    size_t n;
    const char *p;

    if (lua_istable(L, -1)) {
        luaL_checkstack(L, 4, NULL);
        n = lua_rawlen(L, -1);
        for (lua_Integer i = 1; i <= (lua_Integer)n; i++) {
            lua_rawgeti(L, -1, i);
            lapi_scale(L, decimals);
            lua_rawseti(L, -2, i);
        }
        return;
    }
    if (lua_isinteger(L, -1) && decimals > 0) {
        lua_pushnumber(L, (lua_Number)lua_tointeger(L, -1) / pow(10, (double)decimals));
        lua_replace(L, -2);
    } else if (lua_type(L, -1) == LUA_TSTRING) {
        p = lua_tolstring(L, -1, &n);
        if (lapi_is_decimal(p, n) && lua_stringtonumber(L, p) != 0)
            lua_replace(L, -2);
    }
}

/* Puts the value on top of the stack into `into` under a key of one or more parts. */
static void
set_by_key(lua_State *L, int into, int key)
{
    lua_Integer parts = (lua_Integer)lua_rawlen(L, key);

    lua_pushvalue(L, into);
    for (lua_Integer i = 1; i < parts; i++) {
        lua_rawgeti(L, key, i);
        luaL_tolstring(L, -1, NULL);
        if (lua_getfield(L, -3, lua_tostring(L, -1)) != LUA_TTABLE) {
            lua_pop(L, 1);
            lua_newtable(L);
            lua_pushvalue(L, -2);
            lua_pushvalue(L, -2);
            lua_rawset(L, -6);
        }
        lua_replace(L, -4);
        lua_pop(L, 2);
    }
    lua_rawgeti(L, key, parts);
    luaL_tolstring(L, -1, NULL); /* true, 7 and "A" alike are keys in text */
    lua_remove(L, -2);
    lua_pushvalue(L, -3);
    lua_rawset(L, -3);
    lua_pop(L, 2);
}

/* Pushes the values of the document at `doc` by key. */
static void
push_grouped(lua_State *L, int doc, lua_Integer decimals)
{
    int keys, values, into;

    lua_getfield(L, doc, "keys");
    keys = lua_gettop(L);
    lua_getfield(L, doc, "values");
    values = keys + 1;
    lua_newtable(L);
    into = values + 1;
    if (lua_rawlen(L, keys) == 0)
        luajson_mark_map(L); /* no keys are told, which is not an empty list */
    for (lua_Integer i = 1; i <= (lua_Integer)lua_rawlen(L, keys); i++) {
        if (lua_rawgeti(L, keys, i) != LUA_TTABLE) {
            lua_createtable(L, 1, 0); /* a bare key is a key of one part */
            lua_insert(L, -2);
            lua_rawseti(L, -2, 1);
        }
        lua_rawgeti(L, values, i);
        lapi_scale(L, decimals);
        set_by_key(L, into, into + 1);
        lua_settop(L, into);
    }
    lua_replace(L, keys);
    lua_settop(L, keys);
}

void
lapi_push_value(lua_State *L, int doc)
{
    lua_Integer decimals;
    bool grouped, is_number;

    lua_getfield(L, doc, "decimals");
    is_number = lua_isinteger(L, -1); /* names are told without */
    decimals = lua_tointeger(L, -1);
    grouped = lua_getfield(L, doc, "keys") == LUA_TTABLE;
    lua_pop(L, 2);
    if (grouped) {
        push_grouped(L, doc, decimals);
        return;
    }
    if (lua_getfield(L, doc, "value") == LUA_TNIL) {
        lua_pop(L, 1);
        lua_getfield(L, doc, "values");
    }
    if (is_number)
        lapi_scale(L, decimals);
}

/* Of a grouped answer each key is an answer, too: wards.A is {value, error95}. */
static int
answer_of_key(lua_State *L)
{
    lua_settop(L, 2);
    lua_pushliteral(L, "value");
    if (lua_rawget(L, 1) != LUA_TTABLE)
        return 0;
    if (lua_isinteger(L, 2) || lua_isboolean(L, 2)) {
        luaL_tolstring(L, 2, NULL); /* as the keys are */
    } else {
        lua_pushvalue(L, 2);
    }
    if (lua_rawget(L, 3) == LUA_TNIL)
        return 0;
    lua_createtable(L, 0, 2);
    lua_insert(L, -2);
    lua_setfield(L, -2, "value");
    lua_pushliteral(L, "error95");
    lua_rawget(L, 1);
    lua_setfield(L, -2, "error95");
    return 1;
}

static void
answer_by_key(lua_State *L, int doc)
{
    if (luaL_newmetatable(L, "datasite.grouped")) {
        lua_pushcfunction(L, answer_of_key);
        lua_setfield(L, -2, "__index");
        lua_pushboolean(L, 0);
        lua_setfield(L, -2, "__metatable");
    }
    lua_setmetatable(L, doc);
}

void
lapi_shape_answer(lua_State *L)
{
    static const char *const inner[] = {"keys", "values", "decimals"};
    int doc = lua_gettop(L);
    bool grouped = lua_getfield(L, doc, "keys") == LUA_TTABLE;

    lua_pop(L, 1);
    lapi_push_value(L, doc);
    lua_setfield(L, doc, "value");
    lua_getfield(L, doc, "error95");
    lapi_scale(L, 0);
    lua_setfield(L, doc, "error95");
    for (size_t i = 0; i < ARRAY_N(inner); i++) {
        lua_pushnil(L);
        lua_setfield(L, doc, inner[i]);
    }
    if (grouped)
        answer_by_key(L, doc);
}
