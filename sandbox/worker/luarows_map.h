/* luarows_map.h -- what the rows of a map may use, for luarows.c alone. */
#ifndef SANDBOX_WORKER_LUAROWS_MAP_H
#define SANDBOX_WORKER_LUAROWS_MAP_H

#include "sandbox/worker/luarows.h"

#define LUAROWS_GRAIN 16 /* of the memory of a map */

struct luarows *luarows_of(lua_State *L);
/* Ends the row that is running, past every pcall. */
_Noreturn void luarows_leave(struct luarows *r);
/* A lua_Alloc. Nothing is given back before the row's end: that the sum of what a row
 * allocates is bounded bounds its work as well. */
void *luarows_grow(void *self, void *ptr, size_t old_size, size_t size);
/* The memory as it is becomes what every row begins with; what a row made is forgotten. */
void luarows_keep_image(struct luarows *r);
void luarows_put_back(struct luarows *r);
/* Functions of Lua: takes away what could keep something; an error. */
int luarows_restrict(lua_State *L);
int luarows_refuse_write(lua_State *L);

#endif
