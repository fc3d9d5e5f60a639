/* luarows.c -- the Lua state of a row process: quotas a row, and no state between rows. */
#include "sandbox/worker/luarows.h"

#include "datasite/base/units.h"
#include "sandbox/worker/jail_heap.h"
#include "sandbox/worker/luadefect.h"
#include "sandbox/worker/luajson.h"
#include "sandbox/worker/luarows_map.h"

#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define CHUNK      "row.lua"
#define STACK_FREE 40 /* slots that a row's call may use before the stack grows */
enum slot {
    SLOT_PROGRAM = 1,
    SLOT_ROWS /* `row`, or the array `rows` */
};

/* ---- values ---- */

static void
push_number(lua_State *L, const struct schema_column *c, int64_t v)
{
    if (c->type == COL_BOOLEAN)
        lua_pushboolean(L, v != 0);
    else if (c->decimals > 0)
        lua_pushnumber(L, (lua_Number)v / (lua_Number)power_of_ten(c->decimals));
    else
        lua_pushinteger(L, v);
}

static void
push_value(const struct luarows *r, lua_State *L, size_t arg, size_t row)
{
    const struct luarows_arg *a = &r->args[arg];
    int64_t v;

    if (a->valid[row] == 0) {
        lua_pushnil(L);
    } else if (a->numbers == NULL) {
        lua_pushlstring(
            L, a->texts + a->starts[row], a->starts[row + 1] - a->starts[row]);
    } else {
        memcpy(&v, a->numbers + row * sizeof v, sizeof v);
        push_number(L, &r->program.types[arg], v);
    }
}

/* row.name: the upvalue says which argument that is. */
static int
row_index(lua_State *L)
{
    struct luarows *r = luarows_of(L);

    lua_settop(L, 2);
    if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL)
        push_value(r, L, (size_t)lua_tointeger(L, -1), r->row);
    return 1;
}

/* A number or boolean as fixed point within the bounds, halves away from zero. */
static bool
fixed_of(lua_State *L, int index, const struct row_program *p, int64_t *out)
{
    lua_Number n;

    if (lua_isboolean(L, index)) {
        n = lua_toboolean(L, index);
    } else if (lua_type(L, index) == LUA_TNUMBER) {
        n = lua_tonumber(L, index);
    } else {
        return false;
    }
    n = round(n * (lua_Number)power_of_ten(p->decimals));
    if (isnan(n))
        return false;
    if (n <= (lua_Number)p->lower)
        *out = p->lower;
    else if (n >= (lua_Number)p->upper)
        *out = p->upper;
    else
        *out = (int64_t)n;
    return true;
}

/* ---- opening and compiling ---- */

/* Row programs have no log: it would tell what the rows hold. */
static void
print_nothing(void *self, struct str line)
{
    (void)self, (void)line;
}

static enum luabox_verdict
ask_nobody(void *self, lua_State *L, enum luabox_ask what, struct str plan)
{
    (void)self, (void)what, (void)plan;
    lua_pushliteral(L, "a row program asks nothing");
    return LUABOX_WRONG;
}

bool
luarows_open(struct luarows *r, bool is_map, void *memory, size_t bytes)
{
    static const struct luabox_port port = {NULL, print_nothing, ask_nobody};

    memset(r, 0, sizeof *r);
    r->is_map = is_map;
    if (!is_map) {
        struct jail_heap *heap = jail_heap_over(memory, bytes);
        return heap != NULL && luabox_open(&r->box, jail_heap_alloc, heap, &port);
    }
    r->memory = memory;
    r->bytes = r->ceiling = bytes / 2 / LUAROWS_GRAIN * LUAROWS_GRAIN;
    r->copy = r->memory + r->bytes;
    r->last = SIZE_MAX;
    if (!luabox_open(&r->box, luarows_grow, r, &port))
        return false;
    lua_pushcfunction(r->box.L, luarows_restrict);
    return lua_pcall(r->box.L, 0, 0, 0) == LUA_OK;
}

/* Pushes `row`: it holds nothing, and reads from the batch. */
static void
push_row(lua_State *L, const struct luarows *r)
{
    (void)lua_newuserdatauv(L, 0, 0);
    lua_createtable(L, 0, 3);
    lua_createtable(L, 0, (int)r->program.args_n);
    for (size_t i = 0; i < r->program.args_n; i++) {
        lua_pushinteger(L, (lua_Integer)i);
        lua_setfield(L, -2, r->names[i]);
    }
    lua_pushcclosure(L, row_index, 1);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, luarows_refuse_write);
    lua_setfield(L, -2, "__newindex");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
}

/* Names are looked up in what a map cannot assign: _ENV would else be an upvalue of the
 * function, which one row could set for the next without asking for memory. */
#ifdef MUTANT_ENV_KEPT
#define MAP_HEAD "local row = ...; "
#else
#define MAP_HEAD "local _ENV <const> = _ENV; local row = ...; "
#endif

/* The text becomes a function of `row` or `rows`; its first line stays its first. */
static int
compile(lua_State *L)
{
    struct luarows *r = luarows_of(L);
    struct str head = r->is_map ? STR(MAP_HEAD) : STR("local rows = ...; ");
    struct str source = r->program.source;
    struct luatext text;
    int line;

    if (luadefect_possible(L, source, &line) && luadefect_present(L))
        return luaL_error(L,
            CHUNK ":%d: this Lua computes some bitwise operators "
                  "wrongly in long programs: use arithmetic instead",
            line);
    luatext_init(&text, L);
    luatext_add(&text, head.ptr, head.len);
    luatext_add(&text, source.ptr, source.len);
    if (luaL_loadbufferx(L, text.ptr, text.len, "=" CHUNK, "t") != LUA_OK)
        return lua_error(L);
    if (r->is_map)
        push_row(L, r);
    else
        lua_newtable(L);
    return 2;
}

static void
report_error(lua_State *L, int status, struct luabox_report *report)
{
    struct str s = STR("error() was given no text");

    *report = (struct luabox_report){
        .end = status == LUA_ERRMEM ? LUABOX_MEMORY : LUABOX_SCRIPT};
    if (lua_type(L, -1) == LUA_TSTRING)
        s.ptr = lua_tolstring(L, -1, &s.len);
    snprintf(report->text, sizeof report->text, "%.*s", (int)s.len, s.ptr);
    str_utf8_mend(report->text, strlen(report->text));
}

bool
luarows_compile(struct luarows *r, struct luabox_report *report)
{
    lua_State *L = r->box.L;

    lua_settop(L, 0);
    lua_pushcfunction(L, compile);
    int status = lua_pcall(L, 0, 2, 0);
    if (status != LUA_OK) {
        report_error(L, status, report);
        return false;
    }
    *report = (struct luabox_report){.end = LUABOX_OK};
    if (!r->is_map)
        return true;
    lua_gc(L, LUA_GCSTOP, 0);
    bool room = lua_checkstack(L, STACK_FREE) && r->top + ROW_BYTES <= r->bytes;
    luarows_keep_image(r);
    return room;
}

/* ---- a map's rows ---- */

static void
steps_used_up(lua_State *L, lua_Debug *unused)
{
    (void)unused;
    luarows_leave(luarows_of(L));
}

int64_t
luarows_map(struct luarows *r, size_t i)
{
    lua_State *L = r->box.L;
    volatile bool good = false;
    int64_t v = r->program.fallback;

    r->row = i;
#ifndef MUTANT_SHARED_QUOTA
    r->work = 0;
#endif
    r->touched = false;
    luabox_seed(&r->box, r->seed);
    if (setjmp(r->escape) == 0) {
        r->running = true;
#ifdef MUTANT_SHARED_QUOTA
        if (lua_gethook(L) == NULL) /* else it goes on counting */
#endif
            lua_sethook(L, steps_used_up, LUA_MASKCOUNT, ROW_STEPS);
        lua_pushvalue(L, SLOT_PROGRAM);
        lua_pushvalue(L, SLOT_ROWS);
        good = lua_pcall(L, 1, 1, 0) == LUA_OK;
    }
    r->running = false;
    if (good && !fixed_of(L, -1, &r->program, &v))
        v = r->program.fallback;
    if (good && !r->touched)
        lua_settop(L, SLOT_ROWS);
    else
        luarows_put_back(r);
    return v;
}

/* ---- blocks ---- */

static int
add_rows(lua_State *L)
{
    struct luarows *r = luarows_of(L);
    lua_Integer n = lua_tointeger(L, 2);

    for (lua_Integer i = 0; i < n; i++) {
        lua_createtable(L, 0, (int)r->program.args_n);
        for (size_t a = 0; a < r->program.args_n; a++) {
            push_value(r, L, a, (size_t)i);
            lua_setfield(L, -2, r->names[a]);
        }
        lua_rawseti(L, 1, ++r->rows_n);
    }
    return 0;
}

void
luarows_add(struct luarows *r, size_t n)
{
    lua_State *L = r->box.L;

    lua_pushcfunction(L, add_rows);
    lua_pushvalue(L, SLOT_ROWS);
    lua_pushinteger(L, (lua_Integer)n);
    if (lua_pcall(L, 2, 0, 0) != LUA_OK) {
        r->failed = true;
        lua_settop(L, SLOT_ROWS);
    }
}

static int
end_rows(lua_State *L)
{
    size_t bytes_max = (size_t)lua_tointeger(L, 3);

    lua_settop(L, 2);
    lua_call(L, 1, 1);
    if (luarows_of(L)->program.kind == ROW_COLLECT)
        luajson_push_text(L, -1, "collect", bytes_max);
    return 1;
}

bool
luarows_end(
    struct luarows *r, size_t bytes_max, int64_t *number, struct luabox_report *report)
{
    lua_State *L = r->box.L;
    int status;

    *number = r->program.fallback;
    *report = (struct luabox_report){.end = LUABOX_MEMORY, .text = "not enough memory"};
    if (r->failed)
        return false;
    luabox_seed(&r->box, r->seed);
    lua_pushcfunction(L, end_rows);
    lua_pushvalue(L, SLOT_PROGRAM);
    lua_pushvalue(L, SLOT_ROWS);
    lua_pushinteger(L, (lua_Integer)bytes_max);
    status = lua_pcall(L, 3, 1, 0);
    if (status != LUA_OK) {
        report_error(L, status, report);
        return false;
    }
    return r->program.kind == ROW_COLLECT || fixed_of(L, -1, &r->program, number);
}
