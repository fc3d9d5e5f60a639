/* run_end.c -- how a run ends: shown at once, or at the end of its time slot. */
#include "datasite/core/run_end.h"

#include "datasite/base/log.h"
#include "datasite/core/audit.h"
#include "datasite/core/check.h"
#include "datasite/core/event.h"
#include "datasite/core/lease.h"
#include "datasite/core/release.h"
#include "datasite/core/site.h"
#include "datasite/core/slot.h"

enum err
run_load(struct ctx *cx, const char *run_id, struct run_row *out)
{
    return db_one(cx->db, &cx->diag, cx->arena, STMT_RUN_BY_ID, run_id, &out->version,
        &out->data_version, &out->attempts, &out->started.us, &out->slot_us);
}

enum err
run_policy(struct ctx *cx, const struct job *j, struct policy *out)
{
    struct dataset ds;

    TRY(dataset_by_id(cx, j->dataset_id, &ds));
    return dataset_policy(cx, &ds, out);
}

enum err
run_failure_text(struct ctx *cx, const struct outcome *o, const char **out)
{
    json_auto_t *doc = failure_json(o);
    struct str log = buf_str(&o->log);
    BUF_SCOPE(text);

    if (log.len > 0)
        json_object_set_new(doc, "log", json_stringn(log.ptr, log.len));
    buf_init(&text, REQUEST_ARENA_BYTES / 8);
    TRY(json_text(&cx->diag, doc, &text));
    *out = arena_strn(cx->arena, text.ptr, text.len);
    return *out != NULL ? ERR_OK
                        : FAIL(&cx->diag, ERR_TOO_LARGE, "this needs too much memory");
}

/* The end as everybody sees it: running to failed, held or released; what the job still
 * holds returns. A policy that has become stricter since the run began holds. failure
 * NULL: the result is stored. Inside a transaction. */
static enum err
run_show(struct ctx *cx, struct job *j, const char *run_id, const char *failure,
    bool automatic)
{
    struct ledger_party party = job_party(j);
    struct policy policy;

    if (failure != NULL) {
        TRY(db_run(cx->db, &cx->diag, NULL, STMT_JOB_FAILURE_SET, j->id, failure));
        TRY(job_move(cx, j, JOB_FAILED, json_pack("{s:s}", "run", run_id)));
        return ledger_settle(cx, &party);
    }
    TRY(ledger_settle(cx, &party));
    TRY(run_policy(cx, j, &policy));
    if (automatic && policy.release[j->lane] == RELEASE_AUTO)
        return release_publish(cx, j, "");
    return job_move(cx, j, JOB_HELD, json_pack("{s:s}", "run", run_id));
}

enum err
run_close(struct ctx *cx, struct job *j, const struct run_row *row, const char *failure,
    bool automatic)
{
    struct slot_end end = {
        .run_id = j->run_id, .job_id = j->id, .failure_json = failure};

    TRY(db_run(cx->db, &cx->diag, NULL, STMT_RUN_DONE, j->run_id, NULL));
    if (row->slot_us == 0)
        return run_show(cx, j, j->run_id, failure, automatic);
    end.visible = slot_end_after(row->started, row->slot_us, cx->now);
    return slot_keep(cx, &end);
}

/* The failure of a run that never came to an end of its own. */
static enum err
lost_text(struct ctx *cx, const char **out)
{
    struct outcome lost = {.kind = OUTCOME_INTERNAL,
        .text = "the sandbox ended before the run did, more than once"};

    return run_failure_text(cx, &lost, out);
}

enum err
run_cut_off(struct ctx *cx, const char *job_id, int64_t attempts_max)
{
    struct run_row row;
    const char *lost;
    struct job j;
    LEASE_SCOPE(lease, cx, DB_RW);
    TXN_SCOPE(txn);

    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(job_by_id(cx, job_id, &j));
    if (j.state != JOB_RUNNING)
        return ERR_OK;
    TRY(run_load(cx, j.run_id, &row));
    if (row.attempts >= attempts_max) {
        TRY(lost_text(cx, &lost));
        TRY(run_close(cx, &j, &row, lost, false));
    } else if (row.slot_us == 0) {
        TRY(job_move(cx, &j, JOB_QUEUED, json_pack("{s:s}", "run", j.run_id)));
    }
    TRY(txn_commit(&txn, &cx->diag));
    event_wake();
    return ERR_OK;
}

enum err
run_again(struct ctx *cx, struct job *j, bool *goes_on)
{
    struct run_row row;
    const char *lost;
    int64_t attempts;

    TRY(db_one(cx->db, &cx->diag, cx->arena, STMT_RUN_ATTEMPT, j->run_id, &attempts));
    *goes_on = attempts <= RUN_RESTARTS_MAX;
    if (!*goes_on) {
        TRY(lost_text(cx, &lost));
        TRY(run_load(cx, j->run_id, &row));
        return run_close(cx, j, &row, lost, false);
    }
    return audit_append(cx, "run.resume", j->id,
        json_pack("{s:s, s:I}", "run", j->run_id, "attempt", (json_int_t)attempts));
}

/* Slots are for what is released without a human. Inside a transaction. */
static enum err
end_show(struct ctx *cx, const struct slot_end *end, const char *failure)
{
    struct run_row row;
    struct job j;

    TRY(slot_drop(cx, end->run_id));
    TRY(job_by_id(cx, end->job_id, &j));
    if (j.state != JOB_RUNNING)
        return ERR_OK;
    TRY(run_load(cx, end->run_id, &row));
    cx->now = slot_end_before(row.started, row.slot_us, cx->now);
    return run_show(cx, &j, end->run_id, failure, true);
}

static enum err
end_commit(struct ctx *cx, const struct slot_end *end, const char *failure)
{
    TXN_SCOPE(txn);

    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(end_show(cx, end, failure));
    return txn_commit(&txn, &cx->diag);
}

enum err
run_reveal(struct ctx *cx, bool *did, struct unixus *next)
{
    struct slot_end end;
    const char *lost;
    enum err err;
    LEASE_SCOPE(lease, cx, DB_RW);

    *did = false;
    TRY(slot_first(cx, &end));
    *next = end.visible;
    if (end.visible.us > cx->now.us)
        return ERR_OK;
    err = end_commit(cx, &end, end.failure_json);
    if (err !=
        ERR_OK) { /* a result that cannot be shown is no reason to wait for ever */
        log_diag(LOG_ERROR, "run.reveal", &cx->diag);
        diag_clear(&cx->diag);
        TRY(lost_text(cx, &lost));
        TRY(end_commit(cx, &end, lost));
    }
    *did = true;
    event_wake();
    return ERR_OK;
}
