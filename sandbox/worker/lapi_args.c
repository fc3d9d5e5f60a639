/* lapi_args.c -- arguments of a call become the text of a plan. */
#include "sandbox/worker/lapi_args.h"

#include "datasite/base/check.h"

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

#define PRICE_LEAST 1e-20

static const struct lapi_field price_fields[] = {
    {"epsilon", NULL, LAPI_NUMBER, true},
    {"rho", NULL, LAPI_NUMBER, true},
    {"error", NULL, LAPI_NUMBER, true},
    {"delta", NULL, LAPI_NUMBER, true},
};
#define PRICES_N 3 /* of which one is given; delta stands beside it */

int
lapi_wrong(const struct lapi_call *c, const char *what, const char *must)
{
    return luaL_error(c->L, "%s: %s must be %s", c->name, what, must);
}

/* ---- values to plan text ---- */

void
lapi_put_text(struct lapi_call *c, int index, const char *what)
{
    struct str s;

    if (lua_type(c->L, index) != LUA_TSTRING)
        lapi_wrong(c, what, "a string");
    s.ptr = lua_tolstring(c->L, index, &s.len);
    if (!luajson_quote(&c->text, s))
        lapi_wrong(c, what, "UTF-8");
}

bool
lapi_is_decimal(const char *p, size_t n)
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

void
lapi_put_number(struct lapi_call *c, int index, const char *what)
{
    char text[64];
    size_t n = 0;
    const char *p;

    if (lua_isinteger(c->L, index)) {
        snprintf(text, sizeof text, "%lld", (long long)lua_tointeger(c->L, index));
    } else if (lua_type(c->L, index) == LUA_TNUMBER) {
        if (!luajson_decimal(lua_tonumber(c->L, index), text))
            lapi_wrong(c, what, "a finite number of usual size");
    } else {
        p = lua_type(c->L, index) == LUA_TSTRING ? lua_tolstring(c->L, index, &n)
                                                 : NULL;
        if (p == NULL || !(lapi_is_decimal(p, n) || is_date(p, n)))
            lapi_wrong(c, what, "a number, or a decimal or date in text");
        snprintf(text, sizeof text, "%.*s", (int)n, p);
    }
    luatext_addz(&c->text, "\"");
    luatext_addz(&c->text, text);
    luatext_addz(&c->text, "\"");
}

/* A price too small for a plain decimal is a price all the same: it is written as one
 * that is below every unit of the ledger, to which whoever reads it rounds up. */
static void
put_price(struct lapi_call *c, int index, const char *what)
{
    bool is_float = lua_type(c->L, index) == LUA_TNUMBER && !lua_isinteger(c->L, index);
    lua_Number n = is_float ? lua_tonumber(c->L, index) : 1;
    struct str text;
    bool is_text = false;

    if (n > 0 && n < PRICE_LEAST) {
        lua_pushnumber(c->L, PRICE_LEAST);
        lua_replace(c->L, index);
    }
    if (lua_type(c->L, index) == LUA_TSTRING) {
        text.ptr = lua_tolstring(c->L, index, &text.len);
        is_text = lapi_is_decimal(text.ptr, text.len);
    }
    if (!is_text && lua_type(c->L, index) != LUA_TNUMBER)
        lapi_wrong(c, what, "a number, or decimal text such as \"0.1\"");
    lapi_put_number(c, index, what);
}

static void
put_count(struct lapi_call *c, int index, const char *what)
{
    char text[32];

    if (!lua_isinteger(c->L, index))
        lapi_wrong(c, what, "a whole number");
    snprintf(text, sizeof text, "%lld", (long long)lua_tointeger(c->L, index));
    luatext_addz(&c->text, text);
}

void
lapi_put_key(struct lapi_call *c, int index, const char *what)
{
    if (lua_isboolean(c->L, index)) {
        luatext_addz(&c->text, lua_toboolean(c->L, index) ? "\"true\"" : "\"false\"");
    } else if (lua_isinteger(c->L, index)) {
        lapi_put_number(c, index, what);
    } else {
        lapi_put_text(c, index, what);
    }
}

void
lapi_put_list(struct lapi_call *c, int index, const char *what, lapi_put_item *put)
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
        lapi_wrong(c, what, "a list that is not empty");
    luatext_addz(&c->text, "]");
}

/* A key of several columns is a list, one of a single column may be bare. */
static void
put_keys(struct lapi_call *c, int index, const char *what)
{
    lapi_put_list(c, index, what, lapi_put_key);
}

static void
put_spec(struct lapi_call *c, int index, const char *what)
{
    static const char *const names[] = {"decimals", "lower", "upper", "default"};
    const char *between = "{";

    if (!lua_istable(c->L, index))
        lapi_wrong(c, what, "a table");
    for (size_t i = 0; i < ARRAY_N(names); i++) {
        if (lua_getfield(c->L, index, names[i]) != LUA_TNIL) {
            luatext_addz(&c->text, between);
            luatext_addz(&c->text, "\"");
            luatext_addz(&c->text, names[i]);
            luatext_addz(&c->text, "\":");
            if (i == 0) {
                put_count(c, lua_gettop(c->L), names[i]);
            } else {
                lapi_put_number(c, lua_gettop(c->L), names[i]);
            }
            between = ",";
        }
        lua_pop(c->L, 1);
    }
    luatext_addz(&c->text, between[0] == '{' ? "{}" : "}");
}

static void
put_form(struct lapi_call *c, int index, const struct lapi_field *f)
{
    switch (f->form) {
    case LAPI_END:
        return;
    case LAPI_TEXT:
        lapi_put_text(c, index, f->name);
        return;
    case LAPI_NUMBER:
        lapi_put_number(c, index, f->name);
        return;
    case LAPI_COUNT:
        put_count(c, index, f->name);
        return;
    case LAPI_FLAG:
        if (!lua_isboolean(c->L, index))
            lapi_wrong(c, f->name, "true or false");
        luatext_addz(&c->text, lua_toboolean(c->L, index) ? "true" : "false");
        return;
    case LAPI_TEXTS:
        lapi_put_list(c, index, f->name, lapi_put_text);
        return;
    case LAPI_NUMBERS:
        lapi_put_list(c, index, f->name, lapi_put_number);
        return;
    case LAPI_KEYS:
        if (!lua_istable(c->L, index))
            lapi_wrong(c, f->name, "a list");
        lapi_put_list(c, index, f->name, put_keys);
        return;
    case LAPI_SPEC:
        put_spec(c, index, f->name);
        return;
    }
    UNREACHABLE();
}

void
lapi_put_member(struct lapi_call *c, int index, const struct lapi_field *f)
{
    luatext_addz(&c->text, ",\"");
    luatext_addz(&c->text, f->json == NULL ? f->name : f->json);
    luatext_addz(&c->text, "\":");
    put_form(c, index, f);
}

/* ---- arguments ---- */

/* The last argument is the table of named ones, unless it is a list. */
void
lapi_find_options(struct lapi_call *c)
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
is_field(const char *name, const struct lapi_field *list, size_t n)
{
    for (size_t i = 0; i < n && list[i].form != LAPI_END; i++) {
        if (strcmp(list[i].name, name) == 0)
            return true;
    }
    return false;
}

/* What a call may be given by name, as a list for people. */
static void
refuse_option(struct lapi_call *c, const struct lapi_field *fields, bool priced,
    const char *unknown)
{
    luaL_Buffer b;
    const char *between = "; it takes ";

    luaL_buffinit(c->L, &b);
    for (size_t i = 0; i < LAPI_FIELDS_MAX && fields[i].form != LAPI_END; i++) {
        luaL_addstring(&b, between);
        luaL_addstring(&b, fields[i].name);
        between = ", ";
    }
    for (size_t i = 0; priced && i < ARRAY_N(price_fields); i++) {
        luaL_addstring(&b, between);
        luaL_addstring(&b, price_fields[i].name);
        between = ", ";
    }
    luaL_pushresult(&b);
    luaL_error(
        c->L, "%s: unknown option '%s'%s", c->name, unknown, lua_tostring(c->L, -1));
}

/* Which of several unknown ones is named does not hang on the order they are kept in. */
void
lapi_check_options(struct lapi_call *c, const struct lapi_field *fields, bool priced)
{
    lua_State *L = c->L;
    const char *unknown = NULL;

    if (c->options == 0)
        return;
    for (lua_pushnil(L); lua_next(L, c->options) != 0; lua_pop(L, 1)) {
        const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : NULL;
        if (name == NULL)
            luaL_error(L, "%s: options must have names", c->name);
        if (is_field(name, fields, LAPI_FIELDS_MAX) ||
            (priced && is_field(name, price_fields, ARRAY_N(price_fields))))
            continue;
        if (unknown == NULL || strcmp(name, unknown) < 0)
            unknown = name;
    }
    if (unknown != NULL)
        refuse_option(c, fields, priced, unknown);
}

/* Texts in a row become one list, so that select("a", "b") is select{"a", "b"}. */
static void
gather_texts(struct lapi_call *c)
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
push_argument(struct lapi_call *c, const struct lapi_field *f)
{
    bool in_place = c->next <= c->last && !lua_isnil(c->L, c->next);

    if (in_place && f->form == LAPI_TEXTS && lua_type(c->L, c->next) == LUA_TSTRING) {
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

void
lapi_put_fields(struct lapi_call *c, const struct lapi_field *fields)
{
    for (size_t i = 0; i < LAPI_FIELDS_MAX && fields[i].form != LAPI_END; i++) {
        if (push_argument(c, &fields[i])) {
            lapi_put_member(c, lua_gettop(c->L), &fields[i]);
            lua_pop(c->L, 1);
        } else if (!fields[i].optional) {
            luaL_error(c->L, "%s: %s is missing", c->name, fields[i].name);
        }
    }
    if (c->next <= c->last)
        luaL_error(c->L,
            "%s: too many arguments; a price has a name, as in { epsilon = 0.1 }",
            c->name);
}

void
lapi_push_price(struct lapi_call *c)
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
            put_price(c, lua_gettop(L), price_fields[i].name);
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
