/* luajson.c -- Lua values to JSON text and back, in the Lua state's own memory. */
#include "sandbox/worker/luajson.h"

#include "sandbox/worker/luaorder.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_BYTES_FIRST 256

void
luatext_init(struct luatext *t, lua_State *L)
{
    *t = (struct luatext){.L = L, .cap = TEXT_BYTES_FIRST};
    luaL_checkstack(L, 4, NULL);
    t->ptr = lua_newuserdatauv(L, t->cap, 0);
    t->slot = lua_gettop(L);
}

void
luatext_add(struct luatext *t, const char *p, size_t n)
{
    if (n > t->cap - t->len) {
        size_t cap = t->cap + n > 2 * t->cap ? t->cap + n : 2 * t->cap;
        char *grown = lua_newuserdatauv(t->L, cap, 0);
        memcpy(grown, t->ptr, t->len);
        lua_replace(t->L, t->slot);
        t->ptr = grown;
        t->cap = cap;
    }
    if (n > 0)
        memcpy(t->ptr + t->len, p, n);
    t->len += n;
}

void
luatext_addz(struct luatext *t, const char *z)
{
    luatext_add(t, z, strlen(z));
}

void
luatext_end(struct luatext *t)
{
    lua_pushlstring(t->L, t->ptr, t->len);
    lua_replace(t->L, t->slot);
}

/* The length of the UTF-8 sequence at p; 0: it is none. */
static size_t
sequence(const unsigned char *p, size_t left)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = p[0] < 0x80 ? 1
        : p[0] < 0xC0      ? 0
        : p[0] < 0xE0      ? 2
        : p[0] < 0xF0      ? 3
                           : 4;
    uint32_t code = n < 2 ? p[0] : p[0] & (0xFFU >> (n + 1));

    if (n == 0 || n > left || p[0] > 0xF4)
        return 0;
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 0;
        code = code << 6 | (p[i] & 0x3FU);
    }
    if (code < least[n] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
        return 0;
    return n;
}

static void
add_escaped(struct luatext *t, unsigned char c)
{
    static const char shorts[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    char hex[8];

    for (const char *s = shorts; *s != 0; s += 2) {
        if ((unsigned char)*s != c)
            continue;
        luatext_add(t, "\\", 1);
        luatext_add(t, s + 1, 1);
        return;
    }
    snprintf(hex, sizeof hex, "\\u%04x", c);
    luatext_addz(t, hex);
}

bool
luajson_quote(struct luatext *t, struct str text)
{
    const unsigned char *p = (const unsigned char *)text.ptr;

    luatext_add(t, "\"", 1);
    for (size_t i = 0, n; i < text.len; i += n) {
        n = p[i] == 0 ? 0 : sequence(p + i, text.len - i);
        if (n == 0)
            return false;
        if (n == 1 && (p[i] < 0x20 || p[i] == '"' || p[i] == '\\')) {
            add_escaped(t, p[i]);
        } else {
            luatext_add(t, text.ptr + i, n);
        }
    }
    luatext_add(t, "\"", 1);
    return true;
}

/* The shortest of %.1e … %.17e that reads back as the same number. */
static void
shortest(lua_Number n, char out[40])
{
    for (int digits = 0; digits < 17; digits++) {
        snprintf(out, 40, "%.*e", digits, n);
        if (strtod(out, NULL) == n)
            return;
    }
}

bool
luajson_decimal(lua_Number n, char out[64])
{
    char e[40], digits[40];
    size_t used = 0, len = 0;

    if (!isfinite(n))
        return false;
    shortest(fabs(n), e);
    int point =
        (int)strtol(strchr(e, 'e') + 1, NULL, 10) + 1; /* digits before the point */
    for (const char *p = e; *p != 'e'; p++) {
        if (*p != '.')
            digits[len++] = *p;
    }
    if (point > 40 || point < -20)
        return false;
    if (signbit(n) && n != 0)
        out[used++] = '-';
    if (point <= 0)
        out[used++] = '0';
    for (int i = 0; i < point; i++)
        out[used++] = (char)((size_t)i < len ? digits[i] : '0');
    if (point < (int)len) {
        out[used++] = '.';
        for (int i = point; i < 0; i++)
            out[used++] = '0';
        size_t from = point > 0 ? (size_t)point : 0;
        memcpy(out + used, digits + from, len - from);
        used += len - from;
    }
    out[used] = 0;
    return true;
}

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

/* ---- text in: the broker wrote it, so being wrong is the only answer to a fault ---- */

struct reader {
    lua_State *L;
    const char *at, *end;
};

static void
skip_space(struct reader *r)
{
    while (r->at < r->end && strchr(" \t\n\r", *r->at) != NULL && *r->at != 0)
        r->at++;
}

static bool
accept(struct reader *r, const char *word)
{
    size_t n = strlen(word);

    skip_space(r);
    if ((size_t)(r->end - r->at) < n || memcmp(r->at, word, n) != 0)
        return false;
    r->at += n;
    return true;
}

static bool
read_hex(struct reader *r, uint32_t *out)
{
    *out = 0;
    if (r->end - r->at < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        const char *digits = "0123456789abcdef", *p;
        char c = *r->at++;
        c = (char)(c >= 'A' && c <= 'F' ? c + 32 : c);
        p = c == 0 ? NULL : strchr(digits, c);
        if (p == NULL)
            return false;
        *out = *out << 4 | (uint32_t)(p - digits);
    }
    return true;
}

static bool
read_escape(struct reader *r, struct luatext *t)
{
    static const char shorts[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
    uint32_t code, low;
    char c = (char)(r->at < r->end ? *r->at++ : 0);

    for (const char *s = shorts; *s != 0; s += 2) {
        if (*s == c) {
            luatext_add(t, s + 1, 1);
            return true;
        }
    }
    if (c != 'u' || !read_hex(r, &code))
        return false;
    if (code >= 0xD800 && code < 0xDC00) {
        if (!accept(r, "\\u") || !read_hex(r, &low))
            return false;
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    lua_pushfstring(r->L, "%U", (unsigned long)code);
    luatext_addz(t, lua_tostring(r->L, -1));
    lua_pop(r->L, 1);
    return true;
}

static bool
read_string(struct reader *r)
{
    struct luatext t;

    luatext_init(&t, r->L);
    while (r->at < r->end && *r->at != '"') {
        const char *from = r->at;
        while (r->at < r->end && *r->at != '"' && *r->at != '\\')
            r->at++;
        luatext_add(&t, from, (size_t)(r->at - from));
        if (r->at < r->end && *r->at == '\\') {
            r->at++;
            if (!read_escape(r, &t))
                return false;
        }
    }
    luatext_end(&t);
    return accept(r, "\"");
}

static bool
read_number(struct reader *r)
{
    char text[64];
    size_t n = 0;

    while (r->at < r->end && n < sizeof text - 1 && *r->at != 0 &&
        strchr("+-.0123456789eE", *r->at) != NULL)
        text[n++] = *r->at++;
    text[n] = 0;
    return n > 0 && lua_stringtonumber(r->L, text) == n + 1;
}

static bool read_value(struct reader *r, int depth);

static bool // NOLINTNEXTLINE(misc-no-recursion)
read_array(struct reader *r, int depth)
{
    lua_newtable(r->L);
    if (accept(r, "]"))
        return true;
    for (lua_Integer i = 1;; i++) {
        if (!read_value(r, depth + 1))
            return false;
        lua_rawseti(r->L, -2, i);
        if (accept(r, "]"))
            return true;
        if (!accept(r, ","))
            return false;
    }
}

static bool // NOLINTNEXTLINE(misc-no-recursion)
read_map(struct reader *r, int depth)
{
    lua_newtable(r->L);
    if (accept(r, "}"))
        return true;
    for (;;) {
        if (!accept(r, "\"") || !read_string(r) || !accept(r, ":") ||
            !read_value(r, depth + 1))
            return false;
        lua_rawset(r->L, -3);
        if (accept(r, "}"))
            return true;
        if (!accept(r, ","))
            return false;
    }
}

static bool // NOLINTNEXTLINE(misc-no-recursion)
read_value(struct reader *r, int depth)
{
    if (depth > 2 * LUAJSON_DEPTH_MAX)
        return false;
    luaL_checkstack(r->L, 8, NULL);
    if (accept(r, "\""))
        return read_string(r);
    if (accept(r, "["))
        return read_array(r, depth);
    if (accept(r, "{"))
        return read_map(r, depth);
    if (accept(r, "true") || accept(r, "false")) {
        lua_pushboolean(r->L, r->at[-2] == 'u');
        return true;
    }
    if (accept(r, "null")) {
        lua_pushnil(r->L);
        return true;
    }
    return read_number(r);
}

bool
luajson_push_value(lua_State *L, struct str json)
{
    struct reader r = {L, json.ptr, json.ptr + json.len};
    int top = lua_gettop(L);

    if (read_value(&r, 1)) {
        skip_space(&r);
        if (r.at == r.end)
            return true;
    }
    lua_settop(L, top);
    return false;
}
