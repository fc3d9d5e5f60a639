/* luajson.c -- a Lua value to JSON text: what may leave, and where what may not stands. */
#include "sandbox/worker/luajson.h"

#include "sandbox/worker/luaorder.h"

#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where we are in the value, for the error: "output.ci[2]". */
struct place {
    const struct place *in;
    struct str name; /* a key; empty: an array's index */
    lua_Integer index;
};

struct writer {
    lua_State *L;
    struct luatext text;
    const char *what;
    size_t bytes_max;
};

static void // NOLINTNEXTLINE(misc-no-recursion)
place_text(const struct place *p, char *out, size_t bytes)
{
    if (p->in == NULL)
        return;
    place_text(p->in, out, bytes); /* at most LUAJSON_DEPTH_MAX deep */
    size_t used = strlen(out);
    if (p->name.ptr == NULL) {
        snprintf(out + used, bytes - used, "[%lld]", (long long)p->index);
    } else {
        snprintf(out + used, bytes - used, ".%.*s",
            (int)(p->name.len > 40 ? 40 : p->name.len), p->name.ptr);
    }
}

static int
refuse(const struct writer *w, const struct place *at, const char *why)
{
    char where[400] = "";

    place_text(at, where, sizeof where);
    return luaL_error(w->L, "%s%s: %s", w->what, where, why);
}

static void
put(struct writer *w, const struct place *at, const char *text, size_t n)
{
    luatext_add(&w->text, text, n);
    if (w->text.len > w->bytes_max)
        refuse(w, at, "it is too large");
}

static void put_value(struct writer *w, int index, const struct place *at, int depth);

static void
put_number(struct writer *w, int index, const struct place *at)
{
    char text[64];
    lua_Number n;

    if (lua_isinteger(w->L, index)) {
        snprintf(text, sizeof text, "%lld", (long long)lua_tointeger(w->L, index));
        put(w, at, text, strlen(text));
        return;
    }
    n = lua_tonumber(w->L, index);
    if (!isfinite(n))
        refuse(w, at, "a number that is not finite cannot leave");
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, n);
        if (strtod(text, NULL) == n)
            break;
    }
    if (strpbrk(text, ".e") == NULL)
        snprintf(text + strlen(text), 3, ".0");
    put(w, at, text, strlen(text));
}

static void
put_string(struct writer *w, int index, const struct place *at)
{
    struct str s;

    s.ptr = lua_tolstring(w->L, index, &s.len);
    if (s.len > w->bytes_max)
        refuse(w, at, "it is too large");
    if (!luajson_quote(&w->text, s))
        refuse(w, at, "text must be UTF-8 without NUL");
    put(w, at, "", 0);
}

void
luajson_mark_map(lua_State *L)
{
    if (luaL_newmetatable(L, LUAJSON_MAP)) {
        lua_pushboolean(L, 1);
        lua_setfield(L, -2, LUAJSON_MAP);
        lua_pushboolean(L, 0);
        lua_setfield(L, -2, "__metatable");
    }
    lua_setmetatable(L, -2);
}

/* The number of entries where the keys are 1..n, -1 where they are all text, -2 else. */
static lua_Integer
table_form(lua_State *L, int index)
{
    lua_Integer n = 0, greatest = 0, texts = 0;

    lua_pushnil(L);
    while (lua_next(L, index) != 0) {
        lua_pop(L, 1);
        n++;
        if (lua_type(L, -1) == LUA_TSTRING) {
            texts++;
        } else if (!lua_isinteger(L, -1) || lua_tointeger(L, -1) < 1) {
            greatest = LUA_MAXINTEGER;
        } else if (lua_tointeger(L, -1) > greatest) {
            greatest = lua_tointeger(L, -1);
        }
    }
    if (texts > 0)
        return texts == n ? -1 : -2;
    return greatest == n ? n : -2;
}

static void // NOLINTNEXTLINE(misc-no-recursion)
put_array(struct writer *w, int index, lua_Integer n, const struct place *at, int depth)
{
    put(w, at, "[", 1);
    for (lua_Integer i = 1; i <= n; i++) {
        struct place here = {at, {NULL, 0}, i};
        if (i > 1)
            put(w, &here, ",", 1);
        lua_rawgeti(w->L, index, i);
        put_value(w, lua_gettop(w->L), &here, depth + 1);
        lua_pop(w->L, 1);
    }
    put(w, at, "]", 1);
}

/* Leaves the keys, sorted, in a userdata on the stack; they stay alive in the table. */
static struct luakey *
push_keys(lua_State *L, int index, size_t *n)
{
    struct luakey *keys;
    size_t i = 0;

    *n = 0;
    for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1))
        ++*n;
    keys = lua_newuserdatauv(L, (*n + 1) * sizeof *keys, 0);
    for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1))
        keys[i++] = luaorder_key(L, -2);
    luaorder_sort(keys, *n);
    return keys;
}

static void // NOLINTNEXTLINE(misc-no-recursion)
put_map(struct writer *w, int index, const struct place *at, int depth)
{
    size_t n;
    const struct luakey *keys = push_keys(w->L, index, &n);

    put(w, at, "{", 1);
    for (size_t i = 0; i < n; i++) {
        struct place here = {at, {keys[i].text, keys[i].len}, 0};
        if (i > 0)
            put(w, &here, ",", 1);
        lua_pushlstring(w->L, keys[i].text, keys[i].len);
        put_string(w, lua_gettop(w->L), &here);
        put(w, &here, ":", 1);
        lua_rawget(w->L, index);
        put_value(w, lua_gettop(w->L), &here, depth + 1);
        lua_pop(w->L, 1);
    }
    put(w, at, "}", 1);
    lua_pop(w->L, 1);
}

static void // NOLINTNEXTLINE(misc-no-recursion)
put_table(struct writer *w, int index, const struct place *at, int depth)
{
    lua_Integer n;

    if (depth > LUAJSON_DEPTH_MAX)
        refuse(w, at, "tables are nested too deeply");
    luaL_checkstack(w->L, 8, w->what);
    n = table_form(w->L, index);
    if (n == 0 && luaL_getmetafield(w->L, index, LUAJSON_MAP) != LUA_TNIL) {
        lua_pop(w->L, 1);
        n = -1;
    }
    if (n == -2)
        refuse(w, at, "keys must be all text, or 1 to n without holes");
    if (n == -1) {
        put_map(w, index, at, depth);
    } else {
        put_array(w, index, n, at, depth);
    }
}

/* "a handle", "a measurement", else the type. */
static void
refuse_kind(struct writer *w, int index, const struct place *at)
{
    char why[128];
    bool named = luaL_getmetafield(w->L, index, "__name") == LUA_TSTRING;

    snprintf(why, sizeof why,
        "a %.30s cannot leave: numbers, text, booleans and tables can",
        named ? lua_tostring(w->L, -1) : luaL_typename(w->L, index));
    refuse(w, at, why);
}

static void // NOLINTNEXTLINE(misc-no-recursion)
put_value(struct writer *w, int index, const struct place *at, int depth)
{
    switch (lua_type(w->L, index)) {
    case LUA_TNIL:
        put(w, at, "null", 4);
        return;
    case LUA_TBOOLEAN:
        put(w, at, lua_toboolean(w->L, index) ? "true" : "false",
            lua_toboolean(w->L, index) ? 4 : 5);
        return;
    case LUA_TNUMBER:
        put_number(w, index, at);
        return;
    case LUA_TSTRING:
        put_string(w, index, at);
        return;
    case LUA_TTABLE:
        put_table(w, index, at, depth);
        return;
    default:
        refuse_kind(w, index, at);
    }
}

void
luajson_push_text(lua_State *L, int index, const char *what, size_t bytes_max)
{
    struct place top = {NULL, {NULL, 0}, 0};
    struct writer w = {.L = L, .what = what, .bytes_max = bytes_max};

    index = lua_absindex(L, index);
    luatext_init(&w.text, L);
    put_value(&w, index, &top, 1);
    luatext_end(&w.text);
}
