/* luatext.h -- text that grows in the Lua state's own memory.
 *
 * A jailed worker has no other memory. Functions may raise Lua errors, and own nothing
 * that would need freeing when they do. */
#ifndef SANDBOX_WORKER_LUATEXT_H
#define SANDBOX_WORKER_LUATEXT_H

#include <lua.h>
#include <stddef.h>

/* Grows in a stack slot, whatever else is pushed meanwhile. */
struct luatext {
    lua_State *L;
    int slot;
    char *ptr;
    size_t len, cap;
};
void luatext_init(struct luatext *t, lua_State *L); /* pushes the slot */
void luatext_add(struct luatext *t, const char *p, size_t n);
void luatext_addz(struct luatext *t, const char *z);
void luatext_end(struct luatext *t); /* the slot becomes a Lua string */

#endif
