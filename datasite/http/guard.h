/* guard.h -- who asks, and may they: one order of questions for every route. */
#ifndef DATASITE_HTTP_GUARD_H
#define DATASITE_HTTP_GUARD_H

#include "datasite/http/exchange.h"

/* Fills cx.actor or fails: 401 before anything about the request itself is said, then 403,
 * then 428. Precondition: cx.db reads, x->route is set. */
enum err guard_admit(struct exchange *x) NODISCARD;

#endif
