/* lapi_plan.h -- handles and measurements: the plans that calls build.
 *
 * One table lists every method with its arguments; one function reads any of them. */
#ifndef SANDBOX_WORKER_LAPI_PLAN_H
#define SANDBOX_WORKER_LAPI_PLAN_H

#include "sandbox/worker/lapi_args.h"

#define LAPI_HANDLE      "datasite.handle"
#define LAPI_MEASUREMENT "datasite.measurement"

/* User value 1: the plan up to its price, unclosed. 2: the price, or "". */
struct lapi_measurement {
    bool released;
};

/* The operations of the handle in slot 1, as the inside of a JSON list. */
struct str lapi_push_operations(struct lapi_call *c);
/* A new handle that stands for the text on top of the stack. */
int lapi_push_handle(lua_State *L);
/* Adds the methods of handles to the table on top of the stack. */
void lapi_add_verbs(lua_State *L);
/* partition(column, keys, price): one handle a key, each over its part of the rows. */
int lapi_partition(lua_State *L);
int lapi_join_public(lua_State *L);

#endif
