/* luatext.c -- text that grows in the Lua state's own memory. */
#include "sandbox/worker/luatext.h"

#include <lauxlib.h>
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
