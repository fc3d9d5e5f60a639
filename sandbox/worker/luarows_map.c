/* luarows_map.c -- what the rows of a map may use: memory, work in libraries, names. */
#include "sandbox/worker/luarows_map.h"

#include "datasite/base/check.h"

#include <lauxlib.h>
#include <string.h>

struct luarows *
luarows_of(lua_State *L)
{
    return (struct luarows *)(void *)luabox_of(L);
}

/* ---- memory that only grows, and is put back ---- */

_Noreturn void
luarows_leave(struct luarows *r)
{
    longjmp(r->escape, 1);
}

/* Where a new block or a longer last one would end; 0: beyond the ceiling. */
static size_t
end_of(const struct luarows *r, size_t from, size_t size)
{
    size_t end;

    if (size > r->bytes)
        return 0;
    end = (from + size + LUAROWS_GRAIN - 1) / LUAROWS_GRAIN * LUAROWS_GRAIN;
    return end > r->ceiling ? 0 : end;
}

void *
luarows_grow(void *self, void *ptr, size_t old_size, size_t size)
{
    struct luarows *r = self;
    char *block = ptr;
    bool is_last = ptr != NULL && (size_t)(block - r->memory) == r->last;
    size_t from = is_last ? r->last : r->top, end;

    if (size == 0)
        return NULL;
    if (ptr != NULL && size <= old_size)
        return ptr;
    r->touched = true;
    end = end_of(r, from, size);
    if (end == 0 && r->running)
        luarows_leave(r);
    if (end == 0)
        return NULL;
    r->last = from;
    r->top = end;
    if (ptr != NULL && !is_last)
        memcpy(r->memory + from, ptr, old_size);
    return r->memory + from;
}

void
luarows_keep_image(struct luarows *r)
{
    r->image = r->top;
    r->image_last = r->last;
    r->ceiling = r->top + ROW_BYTES;
    memcpy(r->copy, r->memory, r->image);
}

void
luarows_put_back(struct luarows *r)
{
    memcpy(r->memory, r->copy, r->image);
    r->top = r->image;
    r->last = r->image_last;
}

/* ---- work in libraries, which the count of steps does not see ---- */

static void
charge(struct luarows *r, uint64_t work)
{
    if (work > ROW_WORK || r->work + work > ROW_WORK)
        luarows_leave(r);
    r->work += work;
}

static uint64_t
times(uint64_t a, uint64_t b)
{
    uint64_t product;

    return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

static int
call_original(lua_State *L)
{
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

/* At most: every quantifier may try every length at every place. */
static int
charged_pattern(lua_State *L)
{
    size_t s, p;
    static const char quantifiers[] = {'*', '+', '-', '?'};
    const char *pattern;
    uint64_t work;

    (void)luaL_checklstring(L, 1, &s);
    pattern = luaL_checklstring(L, 2, &p);
    work = times(s + 1, p + 1);
    for (size_t i = 0; i < p; i++)
        if (memchr(quantifiers, pattern[i], sizeof quantifiers) != NULL)
            work = times(work, s + 1);
    charge(luarows_of(L), work);
    return call_original(L);
}

static int
charged_rep(lua_State *L)
{
    lua_Integer n = luaL_checkinteger(L, 2);
    uint64_t each = (uint64_t)lua_rawlen(L, 1) + 1 + (uint64_t)lua_rawlen(L, 3);

    charge(luarows_of(L), times(n > 0 ? (uint64_t)n : 1, each));
    return call_original(L);
}

/* By the size of the table or text that comes first. */
static int
charged_size(lua_State *L)
{
    charge(luarows_of(L), 8 * ((uint64_t)lua_rawlen(L, 1) + 1));
    return call_original(L);
}

static int
charged_unpack(lua_State *L)
{
    lua_Integer from = luaL_optinteger(L, 2, 1);
    lua_Integer to = luaL_optinteger(L, 3, (lua_Integer)lua_rawlen(L, 1));

    charge(luarows_of(L), to < from ? 1 : (uint64_t)to - (uint64_t)from + 1);
    return call_original(L);
}

/* ---- the environment of a map ---- */

/* What could keep something, lie about a length, or show an order that differs from
 * process to process; NULL takes a name away. */
static const struct change {
    const char *library, *name;
    lua_CFunction ours;
} changes[] = {
    {NULL, "_G", NULL},
    {NULL, "getmetatable", NULL},
    {NULL, "setmetatable", NULL},
    {NULL, "rawset", NULL},
    {NULL, "next", NULL},
    {NULL, "pairs", NULL},
    {"math", "randomseed", NULL},
    {"string", "gmatch", NULL},
    {"string", "find", charged_pattern},
    {"string", "match", charged_pattern},
    {"string", "gsub", charged_pattern},
    {"string", "rep", charged_rep},
    {"string", "byte", charged_size},
    {"string", "format", charged_size},
    {"string", "lower", charged_size},
    {"string", "reverse", charged_size},
    {"string", "upper", charged_size},
    {"table", "move", NULL},
    {"table", "concat", charged_size},
    {"table", "insert", charged_size},
    {"table", "remove", charged_size},
    {"table", "sort", charged_size},
    {"table", "unpack", charged_unpack},
    {"utf8", "codes", NULL},
    {"utf8", "codepoint", charged_size},
    {"utf8", "len", charged_size},
    {"utf8", "offset", charged_size},
};

/* Changes the name in the table on top of the stack. */
static void
change(lua_State *L, const struct change *c)
{
    lua_getfield(L, -1, c->name);
    if (c->ours == NULL) {
        lua_pop(L, 1);
        lua_pushnil(L);
    } else {
        lua_pushcclosure(L, c->ours, 1);
    }
    lua_setfield(L, -2, c->name);
}

int
luarows_refuse_write(lua_State *L)
{
    return luaL_error(L, "nothing can be kept from row to row: use locals");
}

/* Replaces the table on top of the stack by one that is empty, and reads through. */
static void
freeze(lua_State *L)
{
    lua_newtable(L);
    lua_createtable(L, 0, 3);
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, luarows_refuse_write);
    lua_setfield(L, -2, "__newindex");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_remove(L, -2);
}

/* Methods on texts are those of the changed library, not of the one they came from. */
static void
methods_of_text(lua_State *L)
{
    lua_pushliteral(L, "");
    lua_getmetatable(L, -1);
    lua_getfield(L, 1, "string");
    lua_setfield(L, -2, "__index");
    lua_pop(L, 2);
}

int
luarows_restrict(lua_State *L)
{
    static const char *const libraries[] = {"math", "string", "table", "utf8"};

    lua_settop(L, 0);
    lua_pushglobaltable(L);
    for (size_t i = 0; i < ARRAY_N(changes); i++) {
        if (changes[i].library != NULL)
            lua_getfield(L, 1, changes[i].library);
        change(L, &changes[i]);
        lua_settop(L, 1);
    }
    for (size_t i = 0; i < ARRAY_N(libraries); i++) {
        lua_getfield(L, 1, libraries[i]);
        freeze(L);
        lua_setfield(L, 1, libraries[i]);
    }
    methods_of_text(L);
    freeze(L);
    lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
    return 0;
}
