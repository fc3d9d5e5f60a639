/* luadefect.h -- code that this build's Lua would compile wrongly is refused.
 *
 * Lua before 5.4.5 computes some bitwise expressions with a constant operand wrongly in
 * functions with more than 255 constants. Where the library has the defect (tried, not
 * read off a version), a source that could meet it is refused before it is compiled. */
#ifndef SANDBOX_WORKER_LUADEFECT_H
#define SANDBOX_WORKER_LUADEFECT_H

#include "datasite/base/str.h"

#include <lua.h>

/* Has the text a bitwise operator and so many names, numbers and texts that a function
 * of it may hold more than 255 constants? *line is of the first operator. */
bool luadefect_possible(lua_State *L, struct str source, int *line);
/* Does this library compile such an expression wrongly? */
bool luadefect_present(lua_State *L);

#endif
