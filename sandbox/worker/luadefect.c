/* luadefect.c -- code that this build's Lua would compile wrongly is refused. */
#include "sandbox/worker/luadefect.h"

#include <ctype.h>
#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

#define CONSTANTS_SAFE 240 /* below Lua's 255, for those that no token shows */

struct scan {
    const char *at, *end;
    int line;
    int operator_line; /* of the first bitwise operator; 0: none */
};

static char
peek(const struct scan *s, size_t ahead)
{
    return (char)((size_t)(s->end - s->at) > ahead ? s->at[ahead] : 0);
}

/* The level of a long bracket that opens here; -1: none does. */
static int
long_bracket(const struct scan *s)
{
    size_t n = 1;

    if (peek(s, 0) != '[')
        return -1;
    while (peek(s, n) == '=')
        n++;
    return peek(s, n) == '[' ? (int)n - 1 : -1;
}

static void
skip_long(struct scan *s, int level)
{
    for (s->at += level + 2; s->at < s->end; s->at++) {
        int n = 0;
        if (*s->at == '\n')
            s->line++;
        if (*s->at != ']')
            continue;
        while (peek(s, (size_t)n + 1) == '=')
            n++;
        if (n == level && peek(s, (size_t)n + 1) == ']') {
            s->at += n + 2;
            return;
        }
    }
}

static void
skip_quoted(struct scan *s)
{
    char quote = *s->at++;

    while (s->at < s->end && *s->at != quote && *s->at != '\n')
        s->at += peek(s, 0) == '\\' && s->end - s->at > 1 ? 2 : 1;
    if (s->at < s->end && *s->at == quote)
        s->at++;
}

static void
skip_comment(struct scan *s)
{
    s->at += 2;
    int level = long_bracket(s);
    if (level >= 0) {
        skip_long(s, level);
        return;
    }
    while (s->at < s->end && *s->at != '\n')
        s->at++;
}

static void
skip_word(struct scan *s)
{
    while (s->at < s->end &&
        (isalnum((unsigned char)*s->at) || *s->at == '_' || *s->at == '.'))
        s->at++;
}

/* Steps over one token; true where it may be a constant of a function. */
static bool
skip_token(struct scan *s)
{
    int level = long_bracket(s);
    char c = *s->at;

    if (level >= 0) {
        skip_long(s, level);
        return true;
    }
    if (c == '"' || c == '\'') {
        skip_quoted(s);
        return true;
    }
    if (isalnum((unsigned char)c) || c == '_') {
        skip_word(s);
        return true;
    }
    bool inequality = c == '~' && peek(s, 1) == '=';
    bool shift = (c == '<' || c == '>') && peek(s, 1) == c;
    if ((strchr("&|~", c) != NULL && c != 0 && !inequality) || shift)
        s->operator_line = s->operator_line == 0 ? s->line : s->operator_line;
    s->at += inequality || shift ? 2 : 1;
    return false;
}

bool
luadefect_possible(lua_State *L, struct str source, int *line)
{
    struct scan s = {source.ptr, source.ptr + source.len, 1, 0};
    size_t distinct = 0;

    lua_newtable(L);
    while (s.at < s.end) {
        const char *from = s.at;
        if (*s.at == '\n')
            s.line++;
        if (s.at[0] == '-' && peek(&s, 1) == '-') {
            skip_comment(&s);
            continue;
        }
        if (!skip_token(&s))
            continue;
        lua_pushlstring(L, from, (size_t)(s.at - from));
        lua_pushvalue(L, -1);
        if (lua_rawget(L, -3) == LUA_TNIL) {
            distinct++;
            lua_pushvalue(L, -2);
            lua_pushboolean(L, 1);
            lua_rawset(L, -5);
        }
        lua_pop(L, 2);
    }
    lua_pop(L, 1);
    *line = s.operator_line;
    return s.operator_line != 0 && distinct > CONSTANTS_SAFE;
}

bool
luadefect_present(lua_State *L)
{
    luaL_Buffer b;
    char text[32];

    luaL_buffinit(L, &b);
    luaL_addstring(&b, "local x ");
    for (int i = 0; i < 300; i++) {
        snprintf(text, sizeof text, "x=%d.5 ", i);
        luaL_addstring(&b, text);
    }
    luaL_addstring(&b, "return 1 ~ (2 or 3)");
    luaL_pushresult(&b);
    size_t n;
    const char *source = lua_tolstring(L, -1, &n);
    if (luaL_loadbufferx(L, source, n, "=defect", "t") != LUA_OK)
        lua_error(L);
    lua_call(L, 0, 1);
    bool wrong = lua_tointeger(L, -1) != 3;
    lua_pop(L, 2);
    return wrong;
}
