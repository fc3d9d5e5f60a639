/* lapi_answer.h -- answers of the broker become what a script gets. */
#ifndef SANDBOX_WORKER_LAPI_ANSWER_H
#define SANDBOX_WORKER_LAPI_ANSWER_H

#include <lua.h>

/* The number at the top of the stack, times 10^-decimals; lists are gone through. A
 * decimal in text becomes a number, too. */
void lapi_scale(lua_State *L, lua_Integer decimals);
/* Pushes the value of the answer document at `doc`: a number, a list, or a table. */
void lapi_push_value(lua_State *L, int doc);
/* Turns the document on top of the stack into what release() gives: value, error95, and
 * whatever more there is, as it is. */
void lapi_shape_answer(lua_State *L);

#endif
