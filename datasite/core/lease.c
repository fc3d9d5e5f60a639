/* lease.c -- a connection for one step of work. */
#include "datasite/core/lease.h"

#include "datasite/core/site.h"

struct lease
lease_take(struct ctx *cx, enum db_mode mode)
{
    struct lease l = {.cx = cx, .before = cx->db};

    cx->db = db_take(cx->site->db, mode);
    cx->now = clock_wall();
    return l;
}

void
lease_give(struct lease *l)
{
    db_give(l->cx->site->db, l->cx->db);
    l->cx->db = l->before;
}
