/* lapi.h -- the global `site`: what a job may call.
 *
 * Handles and measurements hold nothing but the plan they stand for, as JSON text; the
 * broker types, prices and answers it. Arguments are checked by type, never coerced; a
 * wrong one is an error that names the method and the argument. */
#ifndef SANDBOX_WORKER_LAPI_H
#define SANDBOX_WORKER_LAPI_H

#include "sandbox/worker/luabox.h"

/* Adds `site` to the box's environment; false: no memory. */
bool lapi_open(struct luabox *box);
/* The only name that site.open knows; "": any. False: no memory. */
bool lapi_set_dataset(struct luabox *box, struct str name);
/* What site.budget() shows: a JSON object. False: no memory, or not JSON. */
bool lapi_set_budget(struct luabox *box, struct str json);

#endif
