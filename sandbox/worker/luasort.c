/* luasort.c -- table.sort without a clock. */
#include "sandbox/worker/luasort.h"

#include <lauxlib.h>
#include <limits.h>
#include <stdbool.h>

/* What stands where on the stack. */
enum place {
    TABLE = 1,
    ORDER,  /* a function, or nil */
    BUFFER, /* a copy of the left run */
    LEFT,   /* the values to be compared */
    RIGHT
};

static bool
right_is_less(lua_State *L)
{
    bool less;

    if (lua_isnil(L, ORDER))
        return lua_compare(L, RIGHT, LEFT, LUA_OPLT);
    lua_pushvalue(L, ORDER);
    lua_pushvalue(L, RIGHT);
    lua_pushvalue(L, LEFT);
    lua_call(L, 2, 1);
    less = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return less;
}

static void
take(lua_State *L, enum place from, lua_Integer i, enum place to)
{
    if (from == BUFFER) {
        lua_rawgeti(L, BUFFER, i);
    } else {
        lua_geti(L, from, i);
    }
    lua_replace(L, to);
}

static void
put(lua_State *L, enum place value, lua_Integer i)
{
    lua_pushvalue(L, value);
    lua_seti(L, TABLE, i);
}

/* Do the runs lie in order as they are? */
static bool
is_merged(lua_State *L, lua_Integer middle)
{
    take(L, TABLE, middle, LEFT);
    take(L, TABLE, middle + 1, RIGHT);
    return !right_is_less(L);
}

/* Merges the runs [low, middle] and [middle + 1, high]. */
static void
merge(lua_State *L, lua_Integer low, lua_Integer middle, lua_Integer high)
{
    lua_Integer left = 1, lefts = middle - low + 1, right = middle + 1, to = low;

    if (is_merged(L, middle))
        return;
    for (lua_Integer i = 0; i < lefts; i++) {
        lua_geti(L, TABLE, low + i);
        lua_rawseti(L, BUFFER, i + 1);
    }
    take(L, BUFFER, left, LEFT);
    take(L, TABLE, right, RIGHT);
    while (left <= lefts && right <= high) {
        if (right_is_less(L)) {
            put(L, RIGHT, to++);
            if (++right <= high)
                take(L, TABLE, right, RIGHT);
        } else {
            put(L, LEFT, to++);
            if (++left <= lefts)
                take(L, BUFFER, left, LEFT);
        }
    }
    for (; left <= lefts; left++) { /* what is left on the right is in its place */
        take(L, BUFFER, left, LEFT);
        put(L, LEFT, to++);
    }
}

int
luasort(lua_State *L)
{
    lua_Integer n;

    luaL_checktype(L, TABLE, LUA_TTABLE);
    n = luaL_len(L, TABLE);
    luaL_argcheck(L, n < INT_MAX, TABLE, "array too big");
    if (!lua_isnoneornil(L, ORDER))
        luaL_checktype(L, ORDER, LUA_TFUNCTION);
    lua_settop(L, ORDER);
    lua_newtable(L);
    lua_settop(L, RIGHT);
    for (lua_Integer width = 1; width < n; width *= 2) {
        for (lua_Integer low = 1; low + width <= n; low += 2 * width) {
            lua_Integer high = low + 2 * width - 1;
            merge(L, low, low + width - 1, high < n ? high : n);
        }
    }
    return 0;
}
