/* luabox.c -- a Lua state with a memory ceiling and no doors. */
#include "sandbox/worker/luabox.h"

#include "sandbox/worker/luabox_env.h"
#include "sandbox/worker/luadefect.h"
#include "sandbox/worker/luajson.h"

#include <ctype.h>
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK "job.lua"
/* Garbage is collected before memory has grown by half: the ceiling is near, and the
 * buffers of the string library fail at it without a collection. */
#define GC_PAUSE 150

struct luabox *
luabox_of(lua_State *L)
{
    return *(struct luabox **)lua_getextraspace(L);
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
    lua_pushcfunction(box->L, luabox_environment);
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
