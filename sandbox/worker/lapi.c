/* lapi.c -- the global `site`: what a job may call. */
#include "sandbox/worker/lapi.h"

#include "datasite/base/check.h"
#include "datasite/base/limits.h"
#include "sandbox/worker/lapi_answer.h"
#include "sandbox/worker/lapi_plan.h"

#include <lauxlib.h>
#include <stdio.h>

#define BUDGET  "datasite.budget"
#define DATASET "datasite.dataset"

/* ---- asking ---- */

static int
raise_refusal(lua_State *L, enum luabox_verdict verdict)
{
    struct luabox *box = luabox_of(L);
    size_t n;
    const char *text = lua_tolstring(L, -1, &n);

    if (verdict == LUABOX_WRONG)
        return luaL_error(L, "%s", text);
    snprintf(box->refusal_text, sizeof box->refusal_text, "%s%.400s",
        verdict == LUABOX_UNPAID ? "privacy budget: " : "policy: ", text);
    box->refusal = verdict == LUABOX_UNPAID ? LUABOX_BUDGET : LUABOX_POLICY;
    return luaL_error(L, "%s", box->refusal_text);
}

/* Asks and leaves the answer's document, as a table, on top of the stack. */
static void
ask_text(
    lua_State *L, const char *name, enum luabox_ask what, const struct luatext *plan)
{
    struct luabox *box = luabox_of(L);
    enum luabox_verdict verdict;
    struct str s;

    if (plan->len > PLAN_BYTES_MAX)
        luaL_error(L, "%s: the plan is too long", name);
    verdict =
        box->port->ask(box->port->self, L, what, (struct str){plan->ptr, plan->len});
    if (verdict != LUABOX_ANSWER)
        raise_refusal(L, verdict);
    s.ptr = lua_tolstring(L, -1, &s.len);
    if (!luajson_push_value(L, s) || !lua_istable(L, -1))
        luaL_error(L, "%s: the answer could not be read", name);
}

/* The same for the measurement in slot 1. */
static void
ask(lua_State *L, const char *name, enum luabox_ask what, bool priced)
{
    struct luatext plan;
    struct str s;

    luatext_init(&plan, L);
    for (int i = 1; i <= 1 + priced; i++) {
        lua_getiuservalue(L, 1, i);
        s.ptr = lua_tolstring(L, -1, &s.len);
        luatext_add(&plan, s.ptr, s.len);
        lua_pop(L, 1);
    }
    if (what == LUABOX_EXACT)
        luatext_addz(&plan, ",\"exact\":true");
    luatext_addz(&plan, "}");
    ask_text(L, name, what, &plan);
}

static struct lapi_measurement *
need_measurement(lua_State *L, const char *name)
{
    struct lapi_measurement *m = luaL_testudata(L, 1, LAPI_MEASUREMENT);

    if (m == NULL)
        luaL_error(L, "%s: call it on a measurement, with a colon: m:%s()", name, name);
    lua_settop(L, 1);
    return m;
}

static void
need_price(lua_State *L, const char *name)
{
    lua_getiuservalue(L, 1, 2);
    if (lua_rawlen(L, -1) == 0)
        luaL_error(L, "%s: the measurement needs a price: epsilon, rho or error", name);
    lua_pop(L, 1);
}

static int
measurement_explain(lua_State *L)
{
    need_measurement(L, "explain");
    need_price(L, "explain");
    ask(L, "explain", LUABOX_EXPLAIN, true);
    int doc = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, doc) != 0;) {
        lapi_scale(L, 0);
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, doc); /* an existing key: lua_next allows it */
    }
    return 1;
}

static int
measurement_release(lua_State *L)
{
    struct lapi_measurement *m = need_measurement(L, "release");

    if (m->released)
        return luaL_error(L, "release: a measurement is released once; make a new one");
    need_price(L, "release");
    ask(L, "release", LUABOX_RELEASE, true);
    m->released = true;
    lapi_shape_answer(L);
    return 1;
}

static int
measurement_exact(lua_State *L)
{
    need_measurement(L, "exact");
    ask(L, "exact", LUABOX_EXACT, false);
    lapi_push_value(L, lua_gettop(L));
    return 1;
}

/* collect(source): the value that a program over the rows gives; it has no price. */
static int
handle_collect(lua_State *L)
{
    static const struct lapi_field source = {"source", NULL, LAPI_TEXT, false};
    struct lapi_call c = {.L = L, .name = "collect"};
    struct str before;

    lua_settop(L, 2);
    before = lapi_push_operations(&c);
    luatext_init(&c.text, L);
    luatext_addz(&c.text, "{\"ops\":[");
    luatext_add(&c.text, before.ptr, before.len);
    luatext_addz(&c.text, "],\"measure\":{\"kind\":\"collect\"");
    lapi_put_member(&c, 2, &source);
    luatext_addz(&c.text, "},\"exact\":true}");
    ask_text(L, c.name, LUABOX_EXACT, &c.text);
    lua_getfield(L, -1, "value");
    return 1;
}

/* ---- site ---- */

static int
site_open(lua_State *L)
{
    if (lua_type(L, 1) != LUA_TSTRING)
        return luaL_error(L, "open: dataset must be a string");
    lua_settop(L, 1);
    lua_getfield(L, LUA_REGISTRYINDEX, DATASET);
    if (lua_rawlen(L, 2) > 0 && !lua_rawequal(L, 1, 2)) {
        return luaL_error(L, "open: this job is about \"%s\"; it cannot open \"%s\"",
            lua_tostring(L, 2), lua_tostring(L, 1));
    }
    lua_pushliteral(L, "");
    return lapi_push_handle(L);
}

static int
site_budget(lua_State *L)
{
    struct str s;

    lua_settop(L, 0);
    lua_getfield(L, LUA_REGISTRYINDEX, BUDGET);
    s.ptr = lua_tolstring(L, -1, &s.len);
    if (s.ptr == NULL || !luajson_push_value(L, s))
        return luaL_error(L, "budget: not known");
    return 1;
}

static int
handle_tostring(lua_State *L)
{
    lua_pushvalue(L, lua_upvalueindex(1));
    return 1;
}

/* A type whose metatable scripts can neither see nor change. The methods are on top of
 * the stack, and are taken. */
static void
make_type(lua_State *L, const char *type, const char *name)
{
    luaL_newmetatable(L, type);
    lua_insert(L, -2);
    lua_setfield(L, -2, "__index");
    lua_pushstring(L, name);
    lua_setfield(L, -2, "__metatable");
    lua_pushstring(L, name);
    lua_setfield(L, -2, "__name");
    lua_pushstring(L, name);
    lua_pushcclosure(L, handle_tostring, 1);
    lua_setfield(L, -2, "__tostring");
    lua_pop(L, 1);
}

static int
build_site(lua_State *L)
{
    static const luaL_Reg handle_more[] = {{"partition", lapi_partition},
        {"join_public", lapi_join_public}, {"collect", handle_collect}, {NULL, NULL}};
    static const luaL_Reg measurement_list[] = {{"explain", measurement_explain},
        {"release", measurement_release}, {"exact", measurement_exact}, {NULL, NULL}};
    static const luaL_Reg site_list[] = {
        {"open", site_open}, {"budget", site_budget}, {NULL, NULL}};

    luaL_newlib(L, handle_more);
    lapi_add_verbs(L);
    make_type(L, LAPI_HANDLE, "handle");
    luaL_newlib(L, measurement_list);
    make_type(L, LAPI_MEASUREMENT, "measurement");
    lua_pushglobaltable(L);
    luaL_newlib(L, site_list);
    lua_setfield(L, -2, "site");
    return 0;
}

bool
lapi_open(struct luabox *box)
{
    lua_pushcfunction(box->L, build_site);
    return lua_pcall(box->L, 0, 0, 0) == LUA_OK;
}

static int
store_budget(lua_State *L)
{
    const struct str *json = lua_touserdata(L, 1);

    if (!luajson_push_value(L, *json))
        return luaL_error(L, "not JSON");
    lua_pushlstring(L, json->ptr, json->len);
    lua_setfield(L, LUA_REGISTRYINDEX, BUDGET);
    return 0;
}

static int
store_dataset(lua_State *L)
{
    const struct str *name = lua_touserdata(L, 1);

    lua_pushlstring(L, name->ptr, name->len);
    lua_setfield(L, LUA_REGISTRYINDEX, DATASET);
    return 0;
}

static bool
store(struct luabox *box, lua_CFunction how, struct str text)
{
    lua_pushcfunction(box->L, how);
    lua_pushlightuserdata(box->L, &text);
    return lua_pcall(box->L, 1, 0, 0) == LUA_OK;
}

bool
lapi_set_dataset(struct luabox *box, struct str name)
{
    return store(box, store_dataset, name);
}

bool
lapi_set_budget(struct luabox *box, struct str json)
{
    return store(box, store_budget, json);
}
