/* lease.h -- a connection for one step of work that otherwise holds none, so that a run of
 * a minute keeps no reader and never the writer.
 *
 *     LEASE_SCOPE(lease, cx, DB_RW);    cx->db is a connection to the end of the block
 *
 * Declare it before a TXN_SCOPE: scopes end in the reverse order. */
#ifndef DATASITE_CORE_LEASE_H
#define DATASITE_CORE_LEASE_H

#include "datasite/core/ctx.h"

struct lease {
    struct ctx *cx;
    struct db *before; /* what cx->db was */
};
/* Also sets cx->now. Precondition: this thread does not hold the writer. */
struct lease lease_take(struct ctx *cx, enum db_mode mode);
void lease_give(struct lease *l);

#define LEASE_SCOPE(name, cx, mode)                                  \
    struct lease name __attribute__((cleanup(lease_give), unused)) = \
        lease_take(cx, mode)

#endif
