/* luajson_read.c -- JSON text to a Lua value. The broker wrote the text, so that "it is
 * none" is all there is to say of a fault. */
#include "sandbox/worker/luajson.h"

#include <lauxlib.h>
#include <string.h>

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
