/* luabox_text.c -- values as text that shows no address: tostring, print and format. */
#include "sandbox/worker/luabox_env.h"

#include "datasite/base/limits.h"
#include "sandbox/worker/luabox.h"
#include "sandbox/worker/luatext.h"

#include <lauxlib.h>
#include <string.h>

/* Pushes what stands at index as text that shows no address. */
static struct str
push_text(lua_State *L, int index)
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

int
luabox_tostring(lua_State *L)
{
    luaL_checkany(L, 1);
    push_text(L, 1);
    return 1;
}

int
luabox_print(lua_State *L)
{
    struct luabox *box = luabox_of(L);
    int n = lua_gettop(L);
    struct luatext t;

    luatext_init(&t, L);
    for (int i = 1; i <= n; i++) {
        struct str s = push_text(L, i);
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

int
luabox_format(lua_State *L)
{
    size_t n;
    const char *p = luaL_checklstring(L, 1, &n), *end = p + n;

    for (int arg = 2; (p = memchr(p, '%', (size_t)(end - p))) != NULL;) {
        char c = conversion(p + 1, end, &p);
        if (c == 'p')
            return luaL_error(L, "format: %%p is not available");
        if (c == 's' && arg <= lua_gettop(L) && lua_type(L, arg) > LUA_TSTRING) {
            push_text(L, arg);
            lua_replace(L, arg);
        }
        arg += c != '%';
    }
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, 1);
    return 1;
}
