/* luaorder.c -- pairs and next in an order that is the same in every process. */
#include "sandbox/worker/luaorder.h"

#include <lauxlib.h>
#include <stdbool.h>
#include <string.h>

/* ---- keys ---- */

enum luakey_kind {
    KEY_INDEX, /* a whole number from 1 */
    KEY_INTEGER,
    KEY_FLOAT,
    KEY_TEXT,
    KEY_BOOLEAN
};

static int
compare_texts(const struct luakey *x, const struct luakey *y)
{
    int c = memcmp(x->text, y->text, x->len < y->len ? x->len : y->len);

    return c != 0 ? c : (x->len > y->len) - (x->len < y->len);
}

/* A whole number as a float is an integer to Lua, but for those beyond its integers. */
static int
compare_numbers(const struct luakey *x, const struct luakey *y)
{
    lua_Number a = x->kind == KEY_FLOAT ? x->n : (lua_Number)x->i;
    lua_Number b = y->kind == KEY_FLOAT ? y->n : (lua_Number)y->i;

    if (x->kind != KEY_FLOAT && y->kind != KEY_FLOAT)
        return (x->i > y->i) - (x->i < y->i);
    return a != b ? (a > b) - (a < b) : x->kind - y->kind;
}

/* Which of the kinds go before which: integers and floats go together. */
static int
rank(const struct luakey *k)
{
    return k->kind == KEY_FLOAT ? KEY_INTEGER : k->kind;
}

static int
compare(const struct luakey *x, const struct luakey *y)
{
    if (rank(x) != rank(y))
        return rank(x) - rank(y);
    return x->kind == KEY_TEXT ? compare_texts(x, y) : compare_numbers(x, y);
}

struct luakey
luaorder_key(lua_State *L, int index)
{
    struct luakey k = {.i = 0};

    switch (lua_type(L, index)) {
    case LUA_TNUMBER:
        k.kind = lua_isinteger(L, index) ? KEY_INTEGER : KEY_FLOAT;
        if (k.kind == KEY_FLOAT) {
            k.n = lua_tonumber(L, index);
            return k;
        }
        k.i = lua_tointeger(L, index);
        if (k.i >= 1)
            k.kind = KEY_INDEX;
        return k;
    case LUA_TSTRING:
        k.kind = KEY_TEXT;
        k.text = lua_tolstring(L, index, &k.len);
        return k;
    case LUA_TBOOLEAN:
        k.kind = KEY_BOOLEAN;
        k.i = lua_toboolean(L, index);
        return k;
    default:
        luaL_error(
            L, "a walk over keys of the type %s has no order", luaL_typename(L, index));
        return k;
    }
}

/* ---- a heap sort ---- */

static void
sink(struct luakey *x, size_t i, size_t n)
{
    for (size_t child; (child = 2 * i + 1) < n; i = child) {
        struct luakey moved = x[i];
        if (child + 1 < n && compare(&x[child], &x[child + 1]) < 0)
            child++;
        if (compare(&moved, &x[child]) >= 0)
            return;
        x[i] = x[child];
        x[child] = moved;
    }
}

void
luaorder_sort(struct luakey *x, size_t n)
{
    for (size_t i = n / 2; i-- > 0;)
        sink(x, i, n);
    for (size_t i = n; i-- > 1;) {
        struct luakey last = x[i];
        x[i] = x[0];
        x[0] = last;
        sink(x, 0, i);
    }
}

/* ---- walks ---- */

/* A walk through a table as it was: 1 to sequence, then the keys, which a list keeps
 * alive. What is gone meanwhile is passed over. */
struct walk {
    size_t sequence, n, at;
    struct luakey keys[];
};
enum walk_value {
    WALK_LIST = 1,
    WALK_TABLE, /* of a walk that next remembers */
    WALK_VALUES = WALK_TABLE
};

static bool
is_in_sequence(lua_State *L, int index, size_t sequence)
{
    return lua_isinteger(L, index) && lua_tointeger(L, index) >= 1 &&
        (lua_Unsigned)lua_tointeger(L, index) <= sequence;
}

/* How far the table goes from 1 without much of a hole, and how many keys there are
 * beside. A border may lie far behind its keys: such a one counts for nothing. */
static size_t
measure(lua_State *L, int table, size_t *beside)
{
    size_t sequence = (size_t)lua_rawlen(L, table), all = 0;

    *beside = 0;
    for (lua_pushnil(L); lua_next(L, table) != 0; lua_pop(L, 1)) {
        *beside += !is_in_sequence(L, -2, sequence);
        all++;
    }
    if (sequence <= all)
        return sequence;
    *beside = all;
    return 0;
}

/* Pushes a walk through the table at an absolute index, at its start. */
static struct walk *
push_walk(lua_State *L, int table)
{
    size_t n, sequence = measure(L, table, &n);
    struct walk *w =
        lua_newuserdatauv(L, sizeof *w + n * sizeof w->keys[0], WALK_VALUES);
    int self = lua_gettop(L);

    *w = (struct walk){.sequence = sequence};
    if (n == 0)
        return w;
    luaL_argcheck(L, n < INT32_MAX, table, "too large a table");
    lua_createtable(L, (int)n, 0);
    for (lua_pushnil(L); lua_next(L, table) != 0; lua_pop(L, 1)) {
        if (is_in_sequence(L, -2, sequence))
            continue;
        struct luakey k = luaorder_key(L, -2);
        k.at = (uint32_t)w->n + 1;
        w->keys[w->n++] = k;
        lua_pushvalue(L, -2);
        lua_rawseti(L, self + 1, k.at);
    }
    lua_setiuservalue(L, self, WALK_LIST);
    luaorder_sort(w->keys, w->n);
    return w;
}

/* Pushes the next key of the walk at the index, and its value; false: nothing. */
static bool
step(lua_State *L, struct walk *w, int self, int table)
{
    while (w->at < w->sequence) {
        lua_Integer i = (lua_Integer)++w->at;
        lua_pushinteger(L, i);
        if (lua_rawgeti(L, table, i) != LUA_TNIL)
            return true;
        lua_pop(L, 2);
    }
    if (w->at - w->sequence >= w->n)
        return false;
    lua_getiuservalue(L, self, WALK_LIST);
    while (w->at - w->sequence < w->n) {
        lua_rawgeti(L, -1, w->keys[w->at++ - w->sequence].at);
        lua_pushvalue(L, -1);
        if (lua_rawget(L, table) != LUA_TNIL) {
            lua_remove(L, -3);
            return true;
        }
        lua_pop(L, 2);
    }
    lua_pop(L, 1);
    return false;
}

/* ---- pairs ---- */

static int
pairs_step(lua_State *L)
{
    int self = lua_upvalueindex(1);

    luaL_checktype(L, 1, LUA_TTABLE);
    if (step(L, lua_touserdata(L, self), self, 1))
        return 2;
    lua_pushnil(L);
    return 1;
}

int
luaorder_pairs(lua_State *L)
{
    luaL_checkany(L, 1);
    if (luaL_getmetafield(L, 1, "__pairs") != LUA_TNIL) {
        lua_pushvalue(L, 1);
        lua_call(L, 1, 3);
        return 3;
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    push_walk(L, 1);
    lua_pushcclosure(L, pairs_step, 1);
    lua_pushvalue(L, 1);
    lua_pushnil(L);
    return 3;
}

/* ---- next ---- */

/* The walk that next took last stands in the registry under this address. */
static const char remembered;

/* Is the key at the index the one that the walk gave last? */
static bool
is_last(lua_State *L, const struct walk *w, int self, int key)
{
    bool same;

    if (w->at == 0)
        return lua_isnil(L, key);
    if (w->at <= w->sequence) {
        return lua_isinteger(L, key) && lua_tointeger(L, key) == (lua_Integer)w->at;
    }
    lua_getiuservalue(L, self, WALK_LIST);
    lua_rawgeti(L, -1, w->keys[w->at - 1 - w->sequence].at);
    same = lua_rawequal(L, -1, key);
    lua_pop(L, 2);
    return same;
}

/* Sets the walk behind the key at the index, whether the table has it or not. */
static void
seek(lua_State *L, struct walk *w, int key)
{
    size_t low = 0, high = w->n;
    struct luakey k;

    if (lua_isnil(L, key))
        return;
    if (is_in_sequence(L, key, w->sequence)) {
        w->at = (size_t)lua_tointeger(L, key);
        return;
    }
    k = luaorder_key(L, key);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(&w->keys[middle], &k) <= 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    w->at = w->sequence + low;
}

/* Pushes the remembered walk where it goes on behind this key of this table. */
static struct walk *
recall(lua_State *L, int table, int key)
{
    struct walk *w;
    bool fits;

    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &remembered) != LUA_TUSERDATA ||
        lua_isnil(L, key))
        return NULL;
    w = lua_touserdata(L, -1);
    lua_getiuservalue(L, -1, WALK_TABLE);
    fits = lua_rawequal(L, -1, table);
    lua_pop(L, 1);
    return fits && is_last(L, w, lua_gettop(L), key) ? w : NULL;
}

/* The least key behind the given one. A walk from key to key is taken once and
 * remembered; the first key of a list needs none. */
int
luaorder_next(lua_State *L)
{
    struct walk *w;

    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 2);
    if (lua_isnil(L, 2) && lua_rawgeti(L, 1, 1) != LUA_TNIL) {
        lua_pushinteger(L, 1);
        lua_insert(L, -2);
        return 2;
    }
    lua_settop(L, 2);
    w = recall(L, 1, 2);
    if (w == NULL) {
        lua_settop(L, 2);
        w = push_walk(L, 1);
        seek(L, w, 2);
        lua_pushvalue(L, 1);
        lua_setiuservalue(L, 3, WALK_TABLE);
        lua_pushvalue(L, 3);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &remembered);
    }
    if (step(L, w, 3, 1))
        return 2;
    lua_pushnil(L);
    return 1;
}
