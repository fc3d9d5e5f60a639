/* luajson.h -- Lua values to JSON text and back, in the Lua state's own memory.
 *
 * A jailed worker has no other memory. Functions may raise Lua errors, and own nothing
 * that would need freeing when they do. */
#ifndef SANDBOX_WORKER_LUAJSON_H
#define SANDBOX_WORKER_LUAJSON_H

#include "datasite/base/str.h"
#include "sandbox/worker/luatext.h"

#include <lua.h>

#define LUAJSON_DEPTH_MAX 8
#define LUAJSON_MAP       "datasite.map" /* metatable of a table that is {} when empty */

/* Gives the table on top of the stack the metatable LUAJSON_MAP. */
void luajson_mark_map(lua_State *L);
/* Pushes the JSON text of the value at index: numbers, strings, booleans, nil and tables
 * of them that are arrays (keys 1..n) or maps (text keys), sorted by key. Raises an
 * error that starts with `what` and names the place ("output.ci[2]") on anything else,
 * and on a text of more than bytes_max. */
void luajson_push_text(lua_State *L, int index, const char *what, size_t bytes_max);
/* Pushes the value of a JSON text that the broker wrote; false and nothing pushed when
 * it is not JSON. null becomes nil. */
bool luajson_push_value(lua_State *L, struct str json);

/* Appends text as a JSON string. The text must be UTF-8 without NUL: false, and nothing
 * useful appended, where it is not. */
bool luajson_quote(struct luatext *t, struct str text);
/* A finite number as the shortest plain decimal, without exponent; false: NaN,
 * infinite, or more than 60 characters long. */
bool luajson_decimal(lua_Number n, char out[64]);

#endif
