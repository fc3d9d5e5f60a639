/* retire.c -- data that nothing can ask any more is forgotten by the vault. */
#include "datasite/core/retire.h"

#include "datasite/core/audit.h"
#include "datasite/core/lease.h"
#include "datasite/core/site.h"

/* ERR_NOT_FOUND: there is none. */
static enum err
idle_next(struct ctx *cx, const char **dataset_id, int64_t *version)
{
    LEASE_SCOPE(lease, cx, DB_RO);

    return db_one(
        cx->db, &cx->diag, cx->arena, STMT_DATASET_VERSION_IDLE, dataset_id, version);
}

static enum err
forgotten(struct ctx *cx, const char *dataset_id, int64_t version)
{
    int64_t changed;
    LEASE_SCOPE(lease, cx, DB_RW);
    TXN_SCOPE(txn);

    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(db_run(cx->db, &cx->diag, &changed, STMT_DATASET_VERSION_FORGOTTEN, dataset_id,
        version, cx->now.us));
    if (changed == 1) {
        TRY(audit_append(cx, "dataset.forget", dataset_id,
            json_pack("{s:I}", "version", (json_int_t)version)));
    }
    return txn_commit(&txn, &cx->diag);
}

/* The vault first: an entry must not say that something is gone which is not. A version
 * that is idle stays so, and forgetting twice does no harm. */
enum err
retire_step(struct ctx *cx, bool *did)
{
    const char *dataset_id;
    int64_t version;
    enum err err;

    *did = false;
    if (cx->site->runner == NULL)
        return ERR_OK;
    err = idle_next(cx, &dataset_id, &version);
    if (err == ERR_NOT_FOUND) {
        diag_clear(&cx->diag);
        return ERR_OK;
    }
    TRY(err);
    TRY(runner_forget(cx->site->runner, &cx->diag, dataset_id, version));
    TRY(forgotten(cx, dataset_id, version));
    *did = true;
    return ERR_OK;
}
