/* standing.c -- approved work lives no longer than what it stands on. */
#include "datasite/core/standing.h"

#include "datasite/core/access.h"
#include "datasite/core/event.h"
#include "datasite/core/grant.h"
#include "datasite/core/run.h"

enum err
standing_stop(struct ctx *cx, struct job *j, const char *why)
{
    struct ledger_party party = job_party(j);
    unsigned roles = cx->actor.roles;
    enum err err;

    cx->actor.roles |= ROLE_SYSTEM;
    err = job_move(cx, j, JOB_CANCELLED, json_pack("{s:s}", "why", why));
    cx->actor.roles = roles;
    TRY(err);
    return ledger_settle(cx, &party);
}

/* Ends all approved work of a dataset, of an author, or of both; NULL: any. */
static enum err
work_stop(
    struct ctx *cx, const char *dataset_id, const char *author_id, const char *why)
{
    const char *id;
    struct job j;
    enum err err;

    while ((err = db_one(cx->db, &cx->diag, cx->arena, STMT_JOB_APPROVED_NEXT,
                dataset_id, author_id, &id)) == ERR_OK) {
        TRY(job_by_id(cx, id, &j));
        TRY(standing_stop(cx, &j, why));
    }
    if (err != ERR_NOT_FOUND)
        return err;
    diag_clear(&cx->diag);
    return ERR_OK;
}

static enum err
commit(struct ctx *cx, struct txn *txn)
{
    TRY(txn_commit(txn, &cx->diag));
    event_wake();
    run_kill_ended(cx);
    return ERR_OK;
}

enum err
standing_grant_delete(struct ctx *cx, const struct dataset *ds, const char *user_id)
{
    TXN_SCOPE(txn);

    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(grant_delete(cx, ds->id, user_id));
    TRY(work_stop(cx, ds->id, user_id, "the author's grant was taken back"));
    return commit(cx, &txn);
}

enum err
standing_archive(struct ctx *cx, struct dataset *ds)
{
    TXN_SCOPE(txn);

    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(access_refuse_all(cx, ds, "the dataset was archived"));
    TRY(dataset_archive(cx, ds));
    TRY(work_stop(cx, ds->id, NULL, "the dataset was archived"));
    return commit(cx, &txn);
}

enum err
standing_user_update(
    struct ctx *cx, const char *id, const struct user_change *change, struct user *out)
{
    TXN_SCOPE(txn);

    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(user_update(cx, id, change, out));
    if (out->suspended)
        TRY(work_stop(cx, NULL, id, "the author's account was suspended"));
    else if (!(out->roles & ROLE_RESEARCHER))
        TRY(work_stop(cx, NULL, id, "the author is no longer a researcher"));
    return commit(cx, &txn);
}
