/* luabox.c -- a Lua state with a memory ceiling and no doors. */
#include "sandbox/worker/luabox.h"

#include "datasite/base/check.h"
#include "datasite/base/limits.h"
#include "sandbox/worker/luadefect.h"
#include "sandbox/worker/luajson.h"
#include "sandbox/worker/luaorder.h"
#include "sandbox/worker/luasort.h"

#include <ctype.h>
#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK "job.lua"
/* Garbage is collected before memory has grown by half: the ceiling is near, and the
 * buffers of the string library fail at it without a collection. */
#define GC_PAUSE 150

/* What scripts may use of each library; what has a function of ours is ours. */
struct allowed {
    const char *name;
    lua_CFunction ours;
};

struct luabox *
luabox_of(lua_State *L)
{
    return *(struct luabox **)lua_getextraspace(L);
}

/* ---- ours: text without addresses ---- */

struct str
luabox_push_text(lua_State *L, int index)
{
    struct str s;

    index = lua_absindex(L, index);
    if (luaL_callmeta(L, index, "__tostring")) {
        if (lua_type(L, -1) != LUA_TSTRING)
            luaL_error(L, "__tostring must give a string");
    } else if (lua_type(L, index) <= LUA_TSTRING && !lua_islightuserdata(L, index)) {
        luaL_tolstring(L, index, NULL); /* nil, booleans, numbers, text */
    } else {
        lua_pushstring(L, luaL_typename(L, index));
    }
    s.ptr = lua_tolstring(L, -1, &s.len);
    return s;
}

static int
box_tostring(lua_State *L)
{
    luaL_checkany(L, 1);
    luabox_push_text(L, 1);
    return 1;
}

/* One frame a line, cut at the line's ceiling; silence once the log is full. */
static int
box_print(lua_State *L)
{
    struct luabox *box = luabox_of(L);
    int n = lua_gettop(L);
    struct luatext t;

    luatext_init(&t, L);
    for (int i = 1; i <= n; i++) {
        struct str s = luabox_push_text(L, i);
        if (i > 1)
            luatext_add(&t, "\t", 1);
        luatext_add(&t, s.ptr, s.len);
        lua_pop(L, 1);
    }
    if (t.len > RUN_LOG_LINE_BYTES_MAX - 1)
        t.len = RUN_LOG_LINE_BYTES_MAX - 1;
    luatext_add(&t, "\n", 1);
    if (box->log_bytes + t.len <= RUN_LOG_BYTES_MAX) {
        box->log_bytes += t.len;
        box->port->print(box->port->self, (struct str){t.ptr, t.len});
    } else {
        box->log_bytes = RUN_LOG_BYTES_MAX;
    }
    return 0;
}

/* The conversion at p (past the percent sign): its letter, and where it ends. */
static char
conversion(const char *p, const char *end, const char **next)
{
    while (p < end && strchr("-+ #0123456789.", *p) != NULL && *p != 0)
        p++;
    *next = p < end ? p + 1 : p;
    return (char)(p < end ? *p : 0);
}

/* string.format, whose %s shows no addresses and which has no %p. */
static int
box_format(lua_State *L)
{
    size_t n;
    const char *p = luaL_checklstring(L, 1, &n), *end = p + n;

    for (int arg = 2; (p = memchr(p, '%', (size_t)(end - p))) != NULL;) {
        char c = conversion(p + 1, end, &p);
        if (c == 'p')
            return luaL_error(L, "format: %%p is not available");
        if (c == 's' && arg <= lua_gettop(L) && lua_type(L, arg) > LUA_TSTRING) {
            luabox_push_text(L, arg);
            lua_replace(L, arg);
        }
        arg += c != '%';
    }
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, 1);
    return 1;
}

/* ---- ours: metatables without finalizers ---- */

static const char *const no_metamethods[] = {"__gc", "__mode", "__close"};

static int
box_setmetatable(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_argexpected(L, lua_isnil(L, 2) || lua_istable(L, 2), 2, "nil or table");
    for (size_t i = 0; i < ARRAY_N(no_metamethods) && lua_istable(L, 2); i++) {
        lua_pushstring(L, no_metamethods[i]);
        if (lua_rawget(L, 2) != LUA_TNIL)
            return luaL_error(
                L, "setmetatable: %s is not available", no_metamethods[i]);
        lua_pop(L, 1);
    }
    if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL)
        return luaL_error(L, "cannot change a protected metatable");
    lua_settop(L, 2);
    lua_setmetatable(L, 1);
    return 1;
}

/* ---- ours: random numbers from a public seed (xoshiro256**, by D. Blackman and
 * S. Vigna; seeded with splitmix64) ---- */

static uint64_t
turn(uint64_t x, int k)
{
    return x << k | x >> (64 - k);
}

static uint64_t
random_next(uint64_t s[4])
{
    uint64_t result = turn(s[1] * 5, 7) * 9, t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = turn(s[3], 45);
    return result;
}

void
luabox_seed(struct luabox *box, uint64_t seed)
{
    for (int i = 0; i < 4; i++) {
        uint64_t z = seed += UINT64_C(0x9E3779B97F4A7C15);
        z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
        z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
        box->random[i] = z ^ z >> 31;
    }
}

static int
box_random(lua_State *L)
{
    uint64_t *state = luabox_of(L)->random, x, span, mask;
    lua_Integer low = 1, high;

    if (lua_gettop(L) == 0) {
        lua_pushnumber(L, (lua_Number)(random_next(state) >> 11) * 0x1p-53);
        return 1;
    }
    if (lua_gettop(L) > 1)
        low = luaL_checkinteger(L, 1);
    high = luaL_checkinteger(L, lua_gettop(L) > 1 ? 2 : 1);
    if (lua_gettop(L) == 1 && high == 0) {
        lua_pushinteger(L, (lua_Integer)random_next(state));
        return 1;
    }
    luaL_argcheck(L, low <= high, lua_gettop(L), "interval is empty");
    span = (uint64_t)high - (uint64_t)low;
    mask = span == 0 ? 0 : ~UINT64_C(0) >> __builtin_clzll(span);
    do {
        x = random_next(state) & mask;
    } while (x > span);
    x += (uint64_t)low;
    lua_pushinteger(L, (lua_Integer)x);
    return 1;
}

static int
box_randomseed(lua_State *L)
{
    luabox_seed(luabox_of(L), (uint64_t)luaL_checkinteger(L, 1));
    return 0;
}

/* ---- the environment ---- */

static const struct allowed base_list[] = {
    {"assert", NULL},
    {"error", NULL},
    {"getmetatable", NULL},
    {"ipairs", NULL},
    {"next", luaorder_next},
    {"pairs", luaorder_pairs},
    {"pcall", NULL},
    {"print", box_print},
    {"rawequal", NULL},
    {"rawget", NULL},
    {"rawlen", NULL},
    {"rawset", NULL},
    {"select", NULL},
    {"setmetatable", box_setmetatable},
    {"tonumber", NULL},
    {"tostring", box_tostring},
    {"type", NULL},
    {"_VERSION", NULL},
};
static const struct allowed string_list[] = {
    {"byte", NULL},
    {"char", NULL},
    {"find", NULL},
    {"format", box_format},
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
    {"random", box_random},
    {"randomseed", box_randomseed},
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

static int
build_environment(lua_State *L)
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
    know_buffers(L);
    for (size_t i = 0; i < ARRAY_N(no_metamethods); i++)
        forget_metamethod(L, no_metamethods[i]);
    lua_pushvalue(L, env);
    lua_setfield(L, env, "_G");
    lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
    return 0;
}

/* Everything runs in protected calls: an error outside one is a fault of ours. */
static int
panic(lua_State *L)
{
    (void)L;
    abort();
}

bool
luabox_open(
    struct luabox *box, lua_Alloc alloc, void *heap, const struct luabox_port *port)
{
    *box = (struct luabox){.port = port, .L = lua_newstate(alloc, heap)};
    if (box->L == NULL)
        return false;
    lua_atpanic(box->L, panic);
    *(struct luabox **)lua_getextraspace(box->L) = box;
    luabox_seed(box, 0);
    lua_gc(box->L, LUA_GCINC, GC_PAUSE, 0, 0);
    lua_pushcfunction(box->L, build_environment);
    return lua_pcall(box->L, 0, 0, 0) == LUA_OK;
}

/* ---- one run ---- */

struct run {
    struct str source;
    size_t output_bytes_max;
};

/* Where the chunk on top of the stack ends, which is where its return stands. */
static int
last_line(lua_State *L)
{
    lua_Debug ar;
    lua_Integer last = 1;

    lua_pushvalue(L, -1);
    lua_getinfo(L, ">L", &ar);
    for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) {
        lua_Integer line = lua_tointeger(L, -2);
        last = line > last ? line : last;
    }
    lua_pop(L, 1);
    return (int)last;
}

static int
run_protected(lua_State *L)
{
    const struct run *r = lua_touserdata(L, 1);
    char output[32];
    int line;

    if (luadefect_possible(L, r->source, &line) && luadefect_present(L)) {
        return luaL_error(L,
            CHUNK ":%d: this Lua computes some bitwise operators wrongly "
                  "in long programs: use arithmetic instead, or a shorter program",
            line);
    }
    if (luaL_loadbufferx(L, r->source.ptr, r->source.len, "=" CHUNK, "t") != LUA_OK)
        return lua_error(L);
    snprintf(output, sizeof output, CHUNK ":%d: output", last_line(L));
    lua_call(L, 0, 1);
    luajson_push_text(L, -1, output, r->output_bytes_max);
    return 1;
}

/* Splits "job.lua:12: text" into line and text. */
static void
report_text(struct luabox_report *report, struct str message)
{
    const char *p = message.ptr;
    size_t head = sizeof CHUNK ":" - 1, n = message.len;
    char *rest;

    if (n > head && memcmp(p, CHUNK ":", head) == 0 &&
        isdigit((unsigned char)p[head])) {
        report->line = (int)strtol(p + head, &rest, 10);
        rest += strncmp(rest, ": ", 2) == 0 ? 2 : 0;
        n -= (size_t)(rest - p);
        p = rest;
    }
    if (n > sizeof report->text - 1)
        n = sizeof report->text - 1;
    memcpy(report->text, p, n);
    report->text[n] = 0;
    str_utf8_mend(report->text, n);
}

static enum luabox_end
error_kind(const struct luabox *box, int status, const char *message)
{
    if (status == LUA_ERRMEM || strcmp(message, "not enough memory") == 0)
        return LUABOX_MEMORY;
    if (box->refusal != LUABOX_OK && strstr(message, box->refusal_text) != NULL)
        return box->refusal;
    return LUABOX_SCRIPT;
}

void
luabox_run(struct luabox *box, struct str source, size_t output_bytes_max,
    struct luabox_report *report)
{
    lua_State *L = box->L;
    struct run r = {source, output_bytes_max};
    struct str message = STR("error() was given no text: error(\"why\")");

    *report = (struct luabox_report){.end = LUABOX_OK};
    lua_settop(L, 0);
    lua_pushcfunction(L, run_protected);
    lua_pushlightuserdata(L, &r);
    int status = lua_pcall(L, 1, 1, 0);
    if (status == LUA_OK)
        return;
    if (lua_type(L, -1) == LUA_TSTRING)
        message.ptr = lua_tolstring(L, -1, &message.len);
    report->end = error_kind(box, status, message.ptr);
    report_text(report, message);
}
