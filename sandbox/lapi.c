/* lapi.c -- the global `site`: what a job may call.
 *
 * One table lists every method with its arguments; one function reads any of them. An
 * argument may stand in its place or, by name, in the table that comes last. */
#include "sandbox/lapi.h"

#include "datasite/base/check.h"
#include "datasite/base/limits.h"
#include "sandbox/luajson.h"

#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define HANDLE      "datasite.handle"
#define MEASUREMENT "datasite.measurement"
#define BUDGET      "datasite.budget"
#define FIELDS_MAX  8

enum form {
    END,     /* of a list of fields */
    TEXT,    /* "text" */
    NUMBER,  /* a number or decimal text, sent as decimal text */
    COUNT,   /* a whole number, sent as a number */
    FLAG,    /* true or false */
    TEXTS,   /* texts in a row, or a list of them */
    NUMBERS, /* a number or a list of them */
    KEYS,    /* a list of keys, or of lists of keys */
    SPEC     /* a table of numbers by name */
};

struct field {
    const char *name; /* in Lua */
    const char *json; /* in the plan; NULL: the same */
    enum form form;
    bool optional;
};

enum verb_kind {
    OPERATION,
    MEASURE
};
struct verb {
    const char *name;
    enum verb_kind kind;
    struct field fields[FIELDS_MAX];
};

static const struct verb verbs[] = {
    {"where", OPERATION, {{"expression", "expr", TEXT, false}}},
    {"clip", OPERATION,
        {{"column", NULL, TEXT, false}, {"lower", NULL, NUMBER, false},
            {"upper", NULL, NUMBER, false}}},
    {"derive", OPERATION,
        {{"name", NULL, TEXT, false}, {"expression", "expr", TEXT, false},
            {"decimals", NULL, COUNT, true}, {"lower", NULL, NUMBER, true},
            {"upper", NULL, NUMBER, true}}},
    {"select", OPERATION, {{"columns", NULL, TEXTS, false}}},
    {"truncate", OPERATION,
        {{"rows", NULL, NUMBER, true}, {"groups", NULL, NUMBER, true},
            {"by", NULL, TEXTS, true}}},
    {"group_by", OPERATION,
        {{"columns", NULL, TEXTS, false}, {"keys", NULL, KEYS, true}}},
    {"map", OPERATION,
        {{"name", NULL, TEXT, false}, {"spec", NULL, SPEC, false},
            {"source", NULL, TEXT, false}}},
    {"count", MEASURE, {{NULL, NULL, END, false}}},
    {"count_units", MEASURE, {{NULL, NULL, END, false}}},
    {"sum", MEASURE, {{"column", NULL, TEXT, false}}},
    {"mean", MEASURE, {{"column", NULL, TEXT, false}}},
    {"variance", MEASURE, {{"column", NULL, TEXT, false}}},
    {"covariance", MEASURE, {{"columns", NULL, TEXTS, false}}},
    {"histogram", MEASURE,
        {{"column", NULL, TEXT, false}, {"bins", NULL, NUMBERS, true}}},
    {"quantile", MEASURE,
        {{"column", NULL, TEXT, false}, {"quantiles", NULL, NUMBERS, false},
            {"candidates", NULL, NUMBERS, true}}},
    {"most_common", MEASURE,
        {{"column", NULL, TEXT, false}, {"k", NULL, NUMBER, false}}},
    {"above_threshold", MEASURE,
        {{"queries", NULL, TEXTS, false}, {"threshold", NULL, NUMBER, false}}},
    {"bounds", MEASURE, {{"column", NULL, TEXT, false}}},
    {"sample_aggregate", MEASURE,
        {{"blocks", NULL, NUMBER, false}, {"lower", NULL, NUMBER, false},
            {"upper", NULL, NUMBER, false}, {"default", NULL, NUMBER, false},
            {"run", "source", TEXT, false}}},
    {"fit", MEASURE,
        {{"model", NULL, TEXT, false}, {"target", NULL, TEXT, false},
            {"columns", NULL, TEXTS, false}, {"intercept", NULL, FLAG, true},
            {"steps", NULL, NUMBER, true}, {"rate", NULL, NUMBER, true},
            {"clip", NULL, NUMBER, true}}},
};

static const struct field price_fields[] = {
    {"epsilon", NULL, NUMBER, true},
    {"rho", NULL, NUMBER, true},
    {"error", NULL, NUMBER, true},
    {"delta", NULL, NUMBER, true},
};
#define PRICES_N 3 /* of which one is given; delta stands beside it */

/* A call being read: the text it becomes, and where its arguments are. */
struct call {
    lua_State *L;
    const char *name;
    struct luatext text;
    int next, last; /* arguments in their places that are not yet taken */
    int options;    /* index of the table of named ones; 0: none */
};

static int
wrong(const struct call *c, const char *what, const char *must)
{
    return luaL_error(c->L, "%s: %s must be %s", c->name, what, must);
}

/* ---- values to plan text ---- */

static void
put_text(struct call *c, int index, const char *what)
{
    struct str s;

    if (lua_type(c->L, index) != LUA_TSTRING)
        wrong(c, what, "a string");
    s.ptr = lua_tolstring(c->L, index, &s.len);
    if (!luajson_quote(&c->text, s))
        wrong(c, what, "UTF-8");
}

static bool
is_decimal(const char *p, size_t n)
{
    size_t digits = 0, points = 0;

    for (size_t i = n > 0 && p[0] == '-' ? 1 : 0; i < n; i++) {
        digits += p[i] >= '0' && p[i] <= '9';
        points += p[i] == '.';
        if (p[i] != '.' && (p[i] < '0' || p[i] > '9'))
            return false;
    }
    return n <= 60 && digits > 0 && points <= 1;
}

/* "2001-12-31", as bounds of date columns are written. */
static bool
is_date(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool dash = i == 4 || i == 7;
        if (dash ? p[i] != '-' : p[i] < '0' || p[i] > '9')
            return false;
    }
    return n == 10;
}

static void
put_number(struct call *c, int index, const char *what)
{
    char text[64];
    size_t n = 0;
    const char *p;

    if (lua_isinteger(c->L, index)) {
        snprintf(text, sizeof text, "%lld", (long long)lua_tointeger(c->L, index));
    } else if (lua_type(c->L, index) == LUA_TNUMBER) {
        if (!luajson_decimal(lua_tonumber(c->L, index), text))
            wrong(c, what, "a finite number of usual size");
    } else {
        p = lua_type(c->L, index) == LUA_TSTRING ? lua_tolstring(c->L, index, &n)
                                                 : NULL;
        if (p == NULL || !(is_decimal(p, n) || is_date(p, n)))
            wrong(c, what, "a number, or a decimal or date in text");
        snprintf(text, sizeof text, "%.*s", (int)n, p);
    }
    luatext_addz(&c->text, "\"");
    luatext_addz(&c->text, text);
    luatext_addz(&c->text, "\"");
}

static void
put_count(struct call *c, int index, const char *what)
{
    char text[32];

    if (!lua_isinteger(c->L, index))
        wrong(c, what, "a whole number");
    snprintf(text, sizeof text, "%lld", (long long)lua_tointeger(c->L, index));
    luatext_addz(&c->text, text);
}

static void
put_key(struct call *c, int index, const char *what)
{
    if (lua_isboolean(c->L, index)) {
        luatext_addz(&c->text, lua_toboolean(c->L, index) ? "\"true\"" : "\"false\"");
    } else if (lua_isinteger(c->L, index)) {
        put_number(c, index, what);
    } else {
        put_text(c, index, what);
    }
}

typedef void put_item(struct call *c, int index, const char *what);

/* A list, or one item that stands for a list of one. */
static void
put_list(struct call *c, int index, const char *what, put_item *put)
{
    lua_Integer n = 1;

    luatext_addz(&c->text, "[");
    if (lua_istable(c->L, index)) {
        n = (lua_Integer)lua_rawlen(c->L, index);
        for (lua_Integer i = 1; i <= n; i++) {
            if (i > 1)
                luatext_addz(&c->text, ",");
            lua_rawgeti(c->L, index, i);
            put(c, lua_gettop(c->L), what);
            lua_pop(c->L, 1);
        }
    } else {
        put(c, index, what);
    }
    if (n == 0)
        wrong(c, what, "a list that is not empty");
    luatext_addz(&c->text, "]");
}

/* A key of several columns is a list, one of a single column may be bare. */
static void
put_keys(struct call *c, int index, const char *what)
{
    put_list(c, index, what, put_key);
}

static void
put_spec(struct call *c, int index, const char *what)
{
    static const char *const names[] = {"decimals", "lower", "upper", "default"};
    const char *between = "{";

    if (!lua_istable(c->L, index))
        wrong(c, what, "a table");
    for (size_t i = 0; i < ARRAY_N(names); i++) {
        if (lua_getfield(c->L, index, names[i]) != LUA_TNIL) {
            luatext_addz(&c->text, between);
            luatext_addz(&c->text, "\"");
            luatext_addz(&c->text, names[i]);
            luatext_addz(&c->text, "\":");
            if (i == 0) {
                put_count(c, lua_gettop(c->L), names[i]);
            } else {
                put_number(c, lua_gettop(c->L), names[i]);
            }
            between = ",";
        }
        lua_pop(c->L, 1);
    }
    luatext_addz(&c->text, between[0] == '{' ? "{}" : "}");
}

static void
put_form(struct call *c, int index, const struct field *f)
{
    switch (f->form) {
    case END:
        return;
    case TEXT:
        put_text(c, index, f->name);
        return;
    case NUMBER:
        put_number(c, index, f->name);
        return;
    case COUNT:
        put_count(c, index, f->name);
        return;
    case FLAG:
        if (!lua_isboolean(c->L, index))
            wrong(c, f->name, "true or false");
        luatext_addz(&c->text, lua_toboolean(c->L, index) ? "true" : "false");
        return;
    case TEXTS:
        put_list(c, index, f->name, put_text);
        return;
    case NUMBERS:
        put_list(c, index, f->name, put_number);
        return;
    case KEYS:
        if (!lua_istable(c->L, index))
            wrong(c, f->name, "a list");
        put_list(c, index, f->name, put_keys);
        return;
    case SPEC:
        put_spec(c, index, f->name);
        return;
    }
    UNREACHABLE();
}

static void
put_member(struct call *c, int index, const struct field *f)
{
    luatext_addz(&c->text, ",\"");
    luatext_addz(&c->text, f->json == NULL ? f->name : f->json);
    luatext_addz(&c->text, "\":");
    put_form(c, index, f);
}

/* ---- arguments ---- */

/* The last argument is the table of named ones, unless it is a list. */
static void
find_options(struct call *c)
{
    c->next = 2;
    c->last = lua_gettop(c->L);
    c->options = 0;
    if (c->last < 2 || !lua_istable(c->L, c->last))
        return;
    bool is_list = lua_rawlen(c->L, c->last) > 0;
    if (!is_list)
        c->options = c->last--;
}

static bool
is_field(const char *name, const struct field *list, size_t n)
{
    for (size_t i = 0; i < n && list[i].form != END; i++) {
        if (strcmp(list[i].name, name) == 0)
            return true;
    }
    return false;
}

static void
check_options(struct call *c, const struct verb *v)
{
    lua_State *L = c->L;
    const char *name;

    if (c->options == 0)
        return;
    for (lua_pushnil(L); lua_next(L, c->options) != 0; lua_pop(L, 1)) {
        name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : NULL;
        if (name == NULL) {
            luaL_error(L, "%s: options must have names", c->name);
        } else if (!is_field(name, v->fields, FIELDS_MAX) &&
            !(v->kind == MEASURE &&
                is_field(name, price_fields, ARRAY_N(price_fields)))) {
            luaL_error(L, "%s: unknown option '%s'", c->name, name);
        }
    }
}

/* Texts in a row become one list, so that select("a", "b") is select{"a", "b"}. */
static void
gather_texts(struct call *c)
{
    lua_State *L = c->L;
    int n = 0;

    lua_newtable(L);
    while (c->next <= c->last && lua_type(L, c->next) == LUA_TSTRING) {
        lua_pushvalue(L, c->next++);
        lua_rawseti(L, -2, ++n);
    }
}

/* Pushes the field's argument; false and nothing pushed where there is none. */
static bool
push_argument(struct call *c, const struct field *f)
{
    bool in_place = c->next <= c->last && !lua_isnil(c->L, c->next);

    if (in_place && f->form == TEXTS && lua_type(c->L, c->next) == LUA_TSTRING) {
        gather_texts(c);
        return true;
    }
    if (in_place) {
        lua_pushvalue(c->L, c->next++);
        return true;
    }
    c->next += c->next <= c->last;
    if (c->options == 0)
        return false;
    if (lua_getfield(c->L, c->options, f->name) != LUA_TNIL)
        return true;
    lua_pop(c->L, 1);
    return false;
}

static void
put_fields(struct call *c, const struct field *fields)
{
    for (size_t i = 0; i < FIELDS_MAX && fields[i].form != END; i++) {
        if (push_argument(c, &fields[i])) {
            put_member(c, lua_gettop(c->L), &fields[i]);
            lua_pop(c->L, 1);
        } else if (!fields[i].optional) {
            luaL_error(c->L, "%s: %s is missing", c->name, fields[i].name);
        }
    }
    if (c->next <= c->last)
        luaL_error(c->L, "%s: too many arguments", c->name);
}

/* Pushes `,"price":{…}`, or "" where no price is given (for exact). */
static void
push_price(struct call *c)
{
    lua_State *L = c->L;
    int given = 0;
    const char *between = ",\"price\":{\"";

    luatext_init(&c->text, L);
    for (size_t i = 0; c->options != 0 && i < ARRAY_N(price_fields); i++) {
        if (lua_getfield(L, c->options, price_fields[i].name) != LUA_TNIL) {
            luatext_addz(&c->text, between);
            luatext_addz(&c->text, price_fields[i].name);
            luatext_addz(&c->text, "\":");
            put_number(c, lua_gettop(L), price_fields[i].name);
            between = ",\"";
            given += i < PRICES_N;
        }
        lua_pop(L, 1);
    }
    if (given > 1)
        luaL_error(L, "%s: give one price: epsilon, rho or error", c->name);
    if (c->text.len > 0)
        luatext_addz(&c->text, "}");
    luatext_end(&c->text);
}

/* ---- handles and measurements ---- */

/* The operations so far, as the inside of a JSON list. */
static struct str
push_operations(struct call *c)
{
    struct str s;

    if (luaL_testudata(c->L, 1, HANDLE) == NULL) {
        luaL_error(
            c->L, "%s: call it on a handle, with a colon: v:%s(…)", c->name, c->name);
    }
    lua_getiuservalue(c->L, 1, 1);
    s.ptr = lua_tolstring(c->L, -1, &s.len);
    return s;
}

/* A new handle that stands for the text on top of the stack. */
static int
push_handle(lua_State *L)
{
    lua_newuserdatauv(L, 0, 1);
    lua_pushvalue(L, -2);
    lua_setiuservalue(L, -2, 1);
    luaL_setmetatable(L, HANDLE);
    return 1;
}

static void
begin_operation(struct call *c, const char *op)
{
    struct str before = push_operations(c);

    luatext_init(&c->text, c->L);
    luatext_add(&c->text, before.ptr, before.len);
    luatext_addz(&c->text, before.len > 0 ? ",{\"op\":\"" : "{\"op\":\"");
    luatext_addz(&c->text, op);
    luatext_addz(&c->text, "\"");
}

static int
end_operation(struct call *c)
{
    luatext_addz(&c->text, "}");
    if (c->text.len > PLAN_BYTES_MAX / 2)
        return luaL_error(c->L, "%s: the plan is too long", c->name);
    luatext_end(&c->text);
    lua_settop(c->L, c->text.slot);
    return push_handle(c->L);
}

static int
make_operation(struct call *c, const struct verb *v)
{
    begin_operation(c, v->name);
    put_fields(c, v->fields);
    return end_operation(c);
}

struct measurement {
    bool released;
};

/* User value 1: the plan up to its price, unclosed. 2: the price, or "". */
static int
make_measurement(struct call *c, const struct verb *v)
{
    struct str before = push_operations(c);
    struct measurement *m;
    int plan;

    luatext_init(&c->text, c->L);
    luatext_addz(&c->text, "{\"ops\":[");
    luatext_add(&c->text, before.ptr, before.len);
    luatext_addz(&c->text, "],\"measure\":{\"kind\":\"");
    luatext_addz(&c->text, v->name);
    luatext_addz(&c->text, "\"");
    put_fields(c, v->fields);
    luatext_addz(&c->text, "}");
    luatext_end(&c->text);
    plan = c->text.slot;
    push_price(c);
    m = lua_newuserdatauv(c->L, sizeof *m, 2);
    m->released = false;
    lua_pushvalue(c->L, plan);
    lua_setiuservalue(c->L, -2, 1);
    lua_pushvalue(c->L, plan + 1);
    lua_setiuservalue(c->L, -2, 2);
    luaL_setmetatable(c->L, MEASUREMENT);
    return 1;
}

static int
call_verb(lua_State *L)
{
    const struct verb *v = &verbs[lua_tointeger(L, lua_upvalueindex(1))];
    struct call c = {.L = L, .name = v->name};

    find_options(&c);
    check_options(&c, v);
    return v->kind == MEASURE ? make_measurement(&c, v) : make_operation(&c, v);
}

/* partition(column, keys, price): one handle a key, each over its part of the rows. */
static int
handle_partition(lua_State *L)
{
    static const struct field column = {"column", NULL, TEXT, false};
    struct call c = {.L = L, .name = "partition", .options = 4};
    lua_Integer n;

    lua_settop(L, 4);
    if (!lua_istable(L, 3))
        return wrong(&c, "keys", "a list");
    if (!lua_istable(L, 4))
        c.options = 0;
    n = (lua_Integer)lua_rawlen(L, 3);
    push_price(&c);
    lua_createtable(L, 0, (int)(n < 1000 ? n : 1000));
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, 3, i);
        begin_operation(&c, "partition");
        put_member(&c, 2, &column);
        luatext_addz(&c.text, ",\"keys\":");
        put_list(&c, 3, "keys", put_key);
        luatext_addz(&c.text, ",\"part\":");
        put_key(&c, 7, "keys");
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
static int
push_column_names(struct call *c)
{
    lua_State *L = c->L;
    lua_Integer n = 0;

    lua_newtable(L);
    if (lua_rawgeti(L, 2, 1) != LUA_TTABLE)
        return wrong(c, "table", "a list of rows, each a table by column name");
    for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            return wrong(c, "table", "a list of rows, each a table by column name");
        lua_Integer at = ++n;
        lua_pushvalue(L, -2);
        for (; at > 1; at--) { /* insertion: a handful of names */
            lua_rawgeti(L, -5, at - 1);
            if (lua_compare(L, -1, -2, LUA_OPLT)) {
                lua_pop(L, 1);
                break;
            }
            lua_rawseti(L, -6, at);
        }
        lua_rawseti(L, -5, at);
    }
    lua_pop(L, 1);
    return (int)n;
}

static void
put_public_rows(struct call *c, int names, int names_n)
{
    lua_State *L = c->L;
    lua_Integer rows = (lua_Integer)lua_rawlen(L, 2);

    for (lua_Integer i = 1; i <= rows; i++) {
        if (lua_rawgeti(L, 2, i) != LUA_TTABLE)
            wrong(c, "table", "a list of rows, each a table by column name");
        luatext_addz(&c->text, i > 1 ? ",[" : "[");
        for (lua_Integer k = 1; k <= names_n; k++) {
            if (k > 1)
                luatext_addz(&c->text, ",");
            lua_rawgeti(L, names, k);
            lua_rawget(L, -2);
            if (lua_type(L, -1) == LUA_TNUMBER) {
                put_number(c, lua_gettop(L), "table");
            } else {
                put_key(c, lua_gettop(L), "table");
            }
            lua_pop(L, 1);
        }
        luatext_addz(&c->text, "]");
        lua_pop(L, 1);
    }
}

static int
handle_join_public(lua_State *L)
{
    static const struct field key = {"key", NULL, TEXT, false};
    struct call c = {.L = L, .name = "join_public"};
    int names_n;

    lua_settop(L, 3);
    if (!lua_istable(L, 2))
        return wrong(&c, "table", "a list of rows, each a table by column name");
    names_n = push_column_names(&c);
    begin_operation(&c, "join_public");
    put_member(&c, 3, &key);
    luatext_addz(&c.text, ",\"table\":{\"columns\":");
    put_list(&c, 4, "table", put_text);
    luatext_addz(&c.text, ",\"rows\":[");
    put_public_rows(&c, 4, names_n);
    luatext_addz(&c.text, "]}");
    return end_operation(&c);
}

/* ---- answers ---- */

/* The number at the top of the stack, times 10^-decimals; lists are gone through. A
 * decimal in text becomes a number, too. */
/* Answers nest as deep as luajson reads them. */
static void // NOLINTNEXTLINE(misc-no-recursion)
scale(lua_State *L, lua_Integer decimals)
{
    size_t n;
    const char *p;

    if (lua_istable(L, -1)) {
        luaL_checkstack(L, 4, NULL);
        n = lua_rawlen(L, -1);
        for (lua_Integer i = 1; i <= (lua_Integer)n; i++) {
            lua_rawgeti(L, -1, i);
            scale(L, decimals);
            lua_rawseti(L, -2, i);
        }
        return;
    }
    if (lua_isinteger(L, -1) && decimals > 0) {
        lua_pushnumber(L, (lua_Number)lua_tointeger(L, -1) / pow(10, (double)decimals));
        lua_replace(L, -2);
    } else if (lua_type(L, -1) == LUA_TSTRING) {
        p = lua_tolstring(L, -1, &n);
        if (is_decimal(p, n) && lua_stringtonumber(L, p) != 0)
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
    for (lua_Integer i = 1; i <= (lua_Integer)lua_rawlen(L, keys); i++) {
        if (lua_rawgeti(L, keys, i) != LUA_TTABLE) {
            lua_createtable(L, 1, 0); /* a bare key is a key of one part */
            lua_insert(L, -2);
            lua_rawseti(L, -2, 1);
        }
        lua_rawgeti(L, values, i);
        scale(L, decimals);
        set_by_key(L, into, into + 1);
        lua_settop(L, into);
    }
    lua_replace(L, keys);
    lua_settop(L, keys);
}

/* Pushes the value of the answer document at `doc`: a number, a list, or a table. */
static void
push_answer_value(lua_State *L, int doc)
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
        scale(L, decimals);
}

/* Turns the document on top of the stack into what release() gives: value, error95, and
 * whatever more there is, as it is. */
static void
shape_answer(lua_State *L)
{
    static const char *const inner[] = {"keys", "values", "decimals"};
    int doc = lua_gettop(L);

    push_answer_value(L, doc);
    lua_setfield(L, doc, "value");
    lua_getfield(L, doc, "error95");
    scale(L, 0);
    lua_setfield(L, doc, "error95");
    for (size_t i = 0; i < ARRAY_N(inner); i++) {
        lua_pushnil(L);
        lua_setfield(L, doc, inner[i]);
    }
}

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

static struct measurement *
need_measurement(lua_State *L, const char *name)
{
    struct measurement *m = luaL_testudata(L, 1, MEASUREMENT);

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
        scale(L, 0);
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, doc); /* an existing key: lua_next allows it */
    }
    return 1;
}

static int
measurement_release(lua_State *L)
{
    struct measurement *m = need_measurement(L, "release");

    if (m->released)
        return luaL_error(L, "release: a measurement is released once; make a new one");
    need_price(L, "release");
    ask(L, "release", LUABOX_RELEASE, true);
    m->released = true;
    shape_answer(L);
    return 1;
}

static int
measurement_exact(lua_State *L)
{
    need_measurement(L, "exact");
    ask(L, "exact", LUABOX_EXACT, false);
    push_answer_value(L, lua_gettop(L));
    return 1;
}

/* collect(source): the value that a program over the rows gives; it has no price. */
static int
handle_collect(lua_State *L)
{
    static const struct field source = {"source", NULL, TEXT, false};
    struct call c = {.L = L, .name = "collect"};
    struct str before;

    lua_settop(L, 2);
    before = push_operations(&c);
    luatext_init(&c.text, L);
    luatext_addz(&c.text, "{\"ops\":[");
    luatext_add(&c.text, before.ptr, before.len);
    luatext_addz(&c.text, "],\"measure\":{\"kind\":\"collect\"");
    put_member(&c, 2, &source);
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
    lua_pushliteral(L, "");
    return push_handle(L);
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
    static const luaL_Reg handle_more[] = {{"partition", handle_partition},
        {"join_public", handle_join_public}, {"collect", handle_collect}, {NULL, NULL}};
    static const luaL_Reg measurement_list[] = {{"explain", measurement_explain},
        {"release", measurement_release}, {"exact", measurement_exact}, {NULL, NULL}};
    static const luaL_Reg site_list[] = {
        {"open", site_open}, {"budget", site_budget}, {NULL, NULL}};

    luaL_newlib(L, handle_more);
    for (size_t i = 0; i < ARRAY_N(verbs); i++) {
        lua_pushinteger(L, (lua_Integer)i);
        lua_pushcclosure(L, call_verb, 1);
        lua_setfield(L, -2, verbs[i].name);
    }
    make_type(L, HANDLE, "handle");
    luaL_newlib(L, measurement_list);
    make_type(L, MEASUREMENT, "measurement");
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

bool
lapi_set_budget(struct luabox *box, struct str json)
{
    lua_pushcfunction(box->L, store_budget);
    lua_pushlightuserdata(box->L, &json);
    return lua_pcall(box->L, 1, 0, 0) == LUA_OK;
}
