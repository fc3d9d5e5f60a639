/* writer.c -- borrows the one writing connection for a part of a request. */
#include "datasite/core/writer.h"

#include "datasite/core/site.h"

struct writer
writer_take(struct ctx *cx)
{
    struct writer w = {.cx = cx, .reader = NULL};

    if (!db_is_writer(cx->db)) {
        w.reader = cx->db;
        cx->db = db_take(cx->site->db, DB_RW);
    }
    return w;
}

void
writer_give(struct writer *w)
{
    if (w->reader == NULL)
        return;
    db_give(w->cx->site->db, w->cx->db);
    w->cx->db = w->reader;
    w->reader = NULL;
}
