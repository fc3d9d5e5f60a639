/* recover.c -- at start: what a crash left half done is taken up again or ended. */
#include "datasite/base/log.h"
#include "datasite/core/event.h"
#include "datasite/core/lease.h"
#include "datasite/core/queue.h"
#include "datasite/core/run.h"

#include <inttypes.h>

/* Does the book add up? A server that cannot say so must not spend. */
static enum err
books_verify(struct ctx *cx)
{
    LEASE_SCOPE(lease, cx, DB_RO);

    return ledger_verify_all(cx);
}

static enum err
claims_clear(struct ctx *cx)
{
    LEASE_SCOPE(lease, cx, DB_RW);

    return db_run(cx->db, &cx->diag, NULL, STMT_JOB_CLAIMS_CLEAR);
}

/* ERR_NOT_FOUND: no job is running any more whose readers may see that it starts again.
 * The queue takes up those in a time slot, which stay running. */
static enum err
running_next(struct ctx *cx, const char **id)
{
    LEASE_SCOPE(lease, cx, DB_RO);

    return db_one(cx->db, &cx->diag, cx->arena, STMT_JOB_RUNNING_OPENLY, id);
}

/* Charges of the broken run stand; those without an answer are not charged again. */
static enum err
runs_resume(struct ctx *cx, int *resumed)
{
    const char *id;
    enum err err;

    while ((err = running_next(cx, &id)) == ERR_OK) {
        TRY(run_cut_off(cx, id, RUN_RESTARTS_MAX));
        log_event(LOG_INFO, "run.resume", "%s", id);
        ++*resumed;
    }
    diag_clear(&cx->diag);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err
upload_next(struct ctx *cx, const char **dataset_id, int64_t *version)
{
    LEASE_SCOPE(lease, cx, DB_RO);

    return db_one(cx->db, &cx->diag, cx->arena, STMT_DATASET_VERSION_LOADING,
        dataset_id, version);
}

static enum err
upload_abandon(struct ctx *cx, const char *dataset_id, int64_t version)
{
    struct dataset ds = {.id = dataset_id};
    LEASE_SCOPE(lease, cx, DB_RW);

    return dataset_data_abandon(cx, &ds, version);
}

/* Uploads that never came into force. What the vault may hold of one is forgotten; that
 * it holds nothing is the usual case. */
static enum err
uploads_abandon(struct ctx *cx)
{
    const char *dataset_id;
    int64_t version;
    enum err err;

    while ((err = upload_next(cx, &dataset_id, &version)) == ERR_OK) {
        struct diag gone = {0};
        if (cx->site->runner != NULL &&
            runner_forget(cx->site->runner, &gone, dataset_id, version) != ERR_OK)
            log_diag(LOG_INFO, "upload.forget", &gone);
        TRY(upload_abandon(cx, dataset_id, version));
        log_event(
            LOG_INFO, "upload.abandoned", "%s version %" PRId64, dataset_id, version);
    }
    diag_clear(&cx->diag);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err
recover(struct ctx *cx, int *resumed)
{
    TRY(books_verify(cx));
    TRY(claims_clear(cx));
    TRY(uploads_abandon(cx));
    return runs_resume(cx, resumed);
}

enum err
queue_recover(struct site *site, struct diag *d, int *resumed)
{
    ARENA_SCOPE(arena, REQUEST_ARENA_BYTES);
    struct ctx cx = {.arena = arena, .site = site, .actor = {.roles = ROLE_SYSTEM}};
    int n = 0;
    enum err err;

    if (arena == NULL)
        return FAIL(d, ERR_INTERNAL, "no memory to look at what was left");
    err = recover(&cx, &n);
    if (err != ERR_OK)
        *d = cx.diag;
    if (resumed != NULL)
        *resumed = n;
    return err;
}
