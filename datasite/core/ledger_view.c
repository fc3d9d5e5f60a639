/* ledger_view.c -- what is shown of the book: its course in time, and the shares of those
 * who use it. */
#include "datasite/core/ledger.h"

enum err
ledger_points(
    struct ctx *cx, const char *dataset_id, int64_t after, bool by_day, int64_t limit)
{
    return db_each(cx->db, &cx->diag, STMT_LEDGER_POINTS, dataset_id, after,
        (int64_t)by_day, limit);
}

enum err
ledger_points_next(struct ctx *cx, struct ledger_point *p, bool *more)
{
    return db_row(cx->db, &cx->diag, cx->arena, STMT_LEDGER_POINTS, more, &p->seq,
        &p->time.us, &p->epsilon_nano, &p->spent_nano, &p->spent_atto,
        &p->reserved_nano, &p->reserved_atto);
}

const char *
ledger_share_key(struct ctx *cx, const struct ledger_share *s)
{
    return arena_strf(
        cx->arena, "%s%s", s->project_id, s->user_id != NULL ? s->user_id : "");
}

enum err
ledger_shares(struct ctx *cx, const char *dataset_id, const char *after, int64_t limit)
{
    return db_each(cx->db, &cx->diag, STMT_CAP_SHARES, dataset_id,
        after != NULL ? after : "", limit);
}

enum err
ledger_shares_next(struct ctx *cx, struct ledger_share *s, bool *more)
{
    struct cap *c = &s->cap;

    return db_row(cx->db, &cx->diag, cx->arena, STMT_CAP_SHARES, more, &s->project_id,
        &s->project_title, &s->user_id, &s->user_name, &c->epsilon_nano, &c->delta_atto,
        &c->spent_nano, &c->spent_atto, &c->reserved_nano, &c->reserved_atto);
}
