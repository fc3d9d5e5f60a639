/* luasort.h -- table.sort without a clock.
 *
 * The library's quicksort asks the clock where to cut what it cannot cut well; here a
 * table is merged, in an order of comparisons that hangs on the values alone. Equal values
 * keep their order. */
#ifndef SANDBOX_WORKER_LUASORT_H
#define SANDBOX_WORKER_LUASORT_H

#include <lua.h>

int luasort(lua_State *L);

#endif
