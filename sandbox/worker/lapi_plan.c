/* lapi_plan.c -- handles and measurements: the plans that calls build. */
#include "sandbox/worker/lapi_plan.h"

#include "datasite/base/check.h"
#include "datasite/base/limits.h"

#include <lauxlib.h>

enum verb_kind {
    OPERATION,
    MEASURE
};
struct verb {
    const char *name;
    enum verb_kind kind;
    struct lapi_field fields[LAPI_FIELDS_MAX];
};

static const struct verb verbs[] = {
    {"where", OPERATION, {{"expression", "expr", LAPI_TEXT, false}}},
    {"clip", OPERATION,
        {{"column", NULL, LAPI_TEXT, false}, {"lower", NULL, LAPI_NUMBER, false},
            {"upper", NULL, LAPI_NUMBER, false}}},
    {"derive", OPERATION,
        {{"name", NULL, LAPI_TEXT, false}, {"expression", "expr", LAPI_TEXT, false},
            {"decimals", NULL, LAPI_COUNT, true}, {"lower", NULL, LAPI_NUMBER, true},
            {"upper", NULL, LAPI_NUMBER, true}}},
    {"select", OPERATION, {{"columns", NULL, LAPI_TEXTS, false}}},
    {"truncate", OPERATION,
        {{"rows", NULL, LAPI_NUMBER, true}, {"groups", NULL, LAPI_NUMBER, true},
            {"by", NULL, LAPI_TEXTS, true}}},
    {"group_by", OPERATION,
        {{"columns", NULL, LAPI_TEXTS, false}, {"keys", NULL, LAPI_KEYS, true}}},
    {"map", OPERATION,
        {{"name", NULL, LAPI_TEXT, false}, {"spec", NULL, LAPI_SPEC, false},
            {"source", NULL, LAPI_TEXT, false}}},
    {"count", MEASURE, {{NULL, NULL, LAPI_END, false}}},
    {"count_units", MEASURE, {{NULL, NULL, LAPI_END, false}}},
    {"keys", MEASURE, {{NULL, NULL, LAPI_END, false}}},
    {"sum", MEASURE, {{"column", NULL, LAPI_TEXT, false}}},
    {"mean", MEASURE, {{"column", NULL, LAPI_TEXT, false}}},
    {"variance", MEASURE, {{"column", NULL, LAPI_TEXT, false}}},
    {"covariance", MEASURE, {{"columns", NULL, LAPI_TEXTS, false}}},
    {"histogram", MEASURE,
        {{"column", NULL, LAPI_TEXT, false}, {"bins", NULL, LAPI_NUMBERS, true}}},
    {"quantile", MEASURE,
        {{"column", NULL, LAPI_TEXT, false}, {"quantiles", NULL, LAPI_NUMBERS, false},
            {"candidates", NULL, LAPI_NUMBERS, false}}},
    {"most_common", MEASURE,
        {{"column", NULL, LAPI_TEXT, false}, {"k", NULL, LAPI_NUMBER, false}}},
    {"above_threshold", MEASURE,
        {{"queries", NULL, LAPI_TEXTS, false},
            {"threshold", NULL, LAPI_NUMBER, false}}},
    {"bounds", MEASURE, {{"column", NULL, LAPI_TEXT, false}}},
    {"sample_aggregate", MEASURE,
        {{"blocks", NULL, LAPI_NUMBER, false}, {"lower", NULL, LAPI_NUMBER, false},
            {"upper", NULL, LAPI_NUMBER, false}, {"default", NULL, LAPI_NUMBER, false},
            {"run", "source", LAPI_TEXT, false}}},
    {"fit", MEASURE,
        {{"model", NULL, LAPI_TEXT, false}, {"target", NULL, LAPI_TEXT, false},
            {"columns", NULL, LAPI_TEXTS, false}, {"intercept", NULL, LAPI_FLAG, true},
            {"steps", NULL, LAPI_NUMBER, true}, {"rate", NULL, LAPI_NUMBER, true},
            {"clip", NULL, LAPI_NUMBER, true}}},
};

struct str
lapi_push_operations(struct lapi_call *c)
{
    struct str s;

    if (luaL_testudata(c->L, 1, LAPI_HANDLE) == NULL) {
        luaL_error(
            c->L, "%s: call it on a handle, with a colon: v:%s(…)", c->name, c->name);
    }
    lua_getiuservalue(c->L, 1, 1);
    s.ptr = lua_tolstring(c->L, -1, &s.len);
    return s;
}

int
lapi_push_handle(lua_State *L)
{
    lua_newuserdatauv(L, 0, 1);
    lua_pushvalue(L, -2);
    lua_setiuservalue(L, -2, 1);
    luaL_setmetatable(L, LAPI_HANDLE);
    return 1;
}

static void
begin_operation(struct lapi_call *c, const char *op)
{
    struct str before = lapi_push_operations(c);

    luatext_init(&c->text, c->L);
    luatext_add(&c->text, before.ptr, before.len);
    luatext_addz(&c->text, before.len > 0 ? ",{\"op\":\"" : "{\"op\":\"");
    luatext_addz(&c->text, op);
    luatext_addz(&c->text, "\"");
}

static int
end_operation(struct lapi_call *c)
{
    luatext_addz(&c->text, "}");
    if (c->text.len > PLAN_BYTES_MAX / 2)
        return luaL_error(c->L, "%s: the plan is too long", c->name);
    luatext_end(&c->text);
    lua_settop(c->L, c->text.slot);
    return lapi_push_handle(c->L);
}

static int
make_operation(struct lapi_call *c, const struct verb *v)
{
    begin_operation(c, v->name);
    lapi_put_fields(c, v->fields);
    return end_operation(c);
}

static int
make_measurement(struct lapi_call *c, const struct verb *v)
{
    struct str before = lapi_push_operations(c);
    struct lapi_measurement *m;
    int plan;

    luatext_init(&c->text, c->L);
    luatext_addz(&c->text, "{\"ops\":[");
    luatext_add(&c->text, before.ptr, before.len);
    luatext_addz(&c->text, "],\"measure\":{\"kind\":\"");
    luatext_addz(&c->text, v->name);
    luatext_addz(&c->text, "\"");
    lapi_put_fields(c, v->fields);
    luatext_addz(&c->text, "}");
    luatext_end(&c->text);
    plan = c->text.slot;
    lapi_push_price(c);
    m = lua_newuserdatauv(c->L, sizeof *m, 2);
    m->released = false;
    lua_pushvalue(c->L, plan);
    lua_setiuservalue(c->L, -2, 1);
    lua_pushvalue(c->L, plan + 1);
    lua_setiuservalue(c->L, -2, 2);
    luaL_setmetatable(c->L, LAPI_MEASUREMENT);
    return 1;
}

static int
call_verb(lua_State *L)
{
    const struct verb *v = &verbs[lua_tointeger(L, lua_upvalueindex(1))];
    struct lapi_call c = {.L = L, .name = v->name};

    lapi_find_options(&c);
    lapi_check_options(&c, v->fields, v->kind == MEASURE);
    return v->kind == MEASURE ? make_measurement(&c, v) : make_operation(&c, v);
}

int
lapi_partition(lua_State *L)
{
    static const struct lapi_field column = {"column", NULL, LAPI_TEXT, false};
    struct lapi_call c = {.L = L, .name = "partition", .options = 4};
    lua_Integer n;

    lua_settop(L, 4);
    if (!lua_istable(L, 3))
        return lapi_wrong(&c, "keys", "a list");
    if (!lua_istable(L, 4))
        c.options = 0;
    n = (lua_Integer)lua_rawlen(L, 3);
    lapi_push_price(&c);
    lua_createtable(L, 0, (int)(n < 1000 ? n : 1000));
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, 3, i);
        begin_operation(&c, "partition");
        lapi_put_member(&c, 2, &column);
        luatext_addz(&c.text, ",\"keys\":");
        lapi_put_list(&c, 3, "keys", lapi_put_key);
        luatext_addz(&c.text, ",\"part\":");
        lapi_put_key(&c, 7, "keys");
        luatext_addz(&c.text, lua_tostring(L, 5));
        end_operation(&c);
        lua_pushvalue(L, 7);
        lua_insert(L, -2);
        lua_rawset(L, 6);
        lua_settop(L, 6);
    }
    return 1;
}

/* The columns of a list of rows, sorted: the names in its first row. */
/* Takes the name on top of the stack into the sorted list, which becomes n long. */
static void
insert_name(lua_State *L, int list, lua_Integer n)
{
    lua_Integer at = n;

    for (; at > 1; at--) { /* there are a handful of names */
        lua_rawgeti(L, list, at - 1);
        if (lua_compare(L, -1, -2, LUA_OPLT)) {
            lua_pop(L, 1);
            break;
        }
        lua_rawseti(L, list, at);
    }
    lua_rawseti(L, list, at);
}

static int
push_column_names(struct lapi_call *c)
{
    lua_State *L = c->L;
    lua_Integer n = 0;
    int list = lua_gettop(L) + 1;

    lua_newtable(L);
    if (lua_rawgeti(L, 2, 1) != LUA_TTABLE)
        return lapi_wrong(c, "table", "a list of rows, each a table by column name");
    for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            return lapi_wrong(
                c, "table", "a list of rows, each a table by column name");
        lua_pushvalue(L, -2);
        insert_name(L, list, ++n);
    }
    lua_pop(L, 1);
    return (int)n;
}

/* The row on top of the stack. */
static void
put_public_row(struct lapi_call *c, int names, int names_n)
{
    lua_State *L = c->L;

    luatext_addz(&c->text, "[");
    for (lua_Integer k = 1; k <= names_n; k++) {
        if (k > 1)
            luatext_addz(&c->text, ",");
        lua_rawgeti(L, names, k);
        lua_rawget(L, -2);
        if (lua_type(L, -1) == LUA_TNUMBER) {
            lapi_put_number(c, lua_gettop(L), "table");
        } else {
            lapi_put_key(c, lua_gettop(L), "table");
        }
        lua_pop(L, 1);
    }
    luatext_addz(&c->text, "]");
}

static void
put_public_rows(struct lapi_call *c, int names, int names_n)
{
    lua_State *L = c->L;
    lua_Integer rows = (lua_Integer)lua_rawlen(L, 2);

    for (lua_Integer i = 1; i <= rows; i++) {
        if (lua_rawgeti(L, 2, i) != LUA_TTABLE)
            lapi_wrong(c, "table", "a list of rows, each a table by column name");
        if (i > 1)
            luatext_addz(&c->text, ",");
        put_public_row(c, names, names_n);
        lua_pop(L, 1);
    }
}

int
lapi_join_public(lua_State *L)
{
    static const struct lapi_field key = {"key", NULL, LAPI_TEXT, false};
    struct lapi_call c = {.L = L, .name = "join_public"};
    int names_n;

    lua_settop(L, 3);
    if (!lua_istable(L, 2))
        return lapi_wrong(&c, "table", "a list of rows, each a table by column name");
    names_n = push_column_names(&c);
    begin_operation(&c, "join_public");
    lapi_put_member(&c, 3, &key);
    luatext_addz(&c.text, ",\"table\":{\"columns\":");
    lapi_put_list(&c, 4, "table", lapi_put_text);
    luatext_addz(&c.text, ",\"rows\":[");
    put_public_rows(&c, 4, names_n);
    luatext_addz(&c.text, "]}");
    return end_operation(&c);
}

void
lapi_add_verbs(lua_State *L)
{
    for (size_t i = 0; i < ARRAY_N(verbs); i++) {
        lua_pushinteger(L, (lua_Integer)i);
        lua_pushcclosure(L, call_verb, 1);
        lua_setfield(L, -2, verbs[i].name);
    }
}
