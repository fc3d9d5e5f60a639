/* run.c -- one execution of an approved job on the private data. */
#include "datasite/core/run.h"

#include "datasite/base/check.h"
#include "datasite/base/log.h"
#include "datasite/core/check.h"
#include "datasite/core/event.h"
#include "datasite/core/jailtest.h"
#include "datasite/core/lease.h"
#include "datasite/core/release.h"
#include "datasite/core/review.h"
#include "datasite/core/run_end.h"
#include "datasite/core/site.h"
#include "datasite/core/slot.h"

#include <string.h>

#define CHARGE_ARENA_BYTES (8 << 20)

/* A run and what it runs on. */
struct outing {
    struct ctx *cx;
    struct job job;
    struct dataset ds;
    struct job_version version;
    struct check_ask ask;
    struct codescan scan;
    const char *run_id;
    struct run_row row;
};

/* The review that approved the version at hand. */
static enum err
approval_load(struct ctx *cx, const struct job *j, const char **review_id)
{
    const char *sha256, *runtime;
    int64_t data_version, policy_version, time_us;

    return db_one(cx->db, &cx->diag, cx->arena, STMT_REVIEW_APPROVAL, j->id, j->version,
        review_id, &sha256, &data_version, &policy_version, &runtime, &time_us);
}

enum err
run_begin(struct ctx *cx, struct job *j)
{
    const char *review_id, *run_id;
    struct policy policy;
    char id[ID_BYTES];
    int64_t attempts, slot_us;
    enum err err;

    TRY(review_binds(cx, j));
    TRY(approval_load(cx, j, &review_id));
    TRY(run_policy(cx, j, &policy));
    slot_us = slot_length(&policy, j->lane);
    err = db_one(cx->db, &cx->diag, cx->arena, STMT_RUN_OPEN, j->id, j->version,
        slot_us, &run_id);
    if (err == ERR_NOT_FOUND) {
        diag_clear(&cx->diag);
        run_id = id_new("run", id);
        TRY(db_run(cx->db, &cx->diag, NULL, STMT_RUN_INSERT, run_id, j->id, j->version,
            review_id, j->data_version, cx->now.us, slot_us));
    } else {
        TRY(err);
    }
    TRY(db_one(cx->db, &cx->diag, cx->arena, STMT_RUN_ATTEMPT, run_id, &attempts));
    return job_move(cx, j, JOB_RUNNING,
        json_pack("{s:s, s:I}", "run", run_id, "attempt", (json_int_t)attempts));
}

static enum err
outing_load(struct ctx *cx, const char *job_id, struct outing *o)
{
    LEASE_SCOPE(lease, cx, DB_RO);

    o->cx = cx;
    TRY(job_by_id(cx, job_id, &o->job));
    if (o->job.state != JOB_RUNNING || o->job.run_id == NULL)
        return FAIL(&cx->diag, ERR_CONFLICT_STATE, "the job is not running");
    o->run_id = o->job.run_id;
    TRY(run_load(cx, o->run_id, &o->row));
    TRY(dataset_by_id(cx, o->job.dataset_id, &o->ds));
    TRY(job_version_by(cx, &o->job, o->job.version, &o->version));
    TRY(check_ask_init(cx, &o->ds, str_of(o->version.source), o->job.lane, &o->ask));
    check_promise(&o->ask, &o->job);
    o->ask.cap = o->version.hold;
    return codescan_run(
        &cx->diag, cx->arena, o->ask.source, &o->ask.schema, o->ask.lane, &o->scan);
}

/* In a slot there is nothing yet for anybody to look at. */
static void
ring(const struct run_row *row)
{
    if (row->slot_us == 0)
        event_wake();
}

/* Charges: each in a context and a transaction of its own. */

static struct ctx
step_of(const struct outing *o, struct arena *arena)
{
    return (struct ctx){.arena = arena, .site = o->cx->site, .actor = o->cx->actor};
}

static enum err
step_end(struct diag *d, const struct ctx *step, enum err err)
{
    if (err != ERR_OK)
        *d = step->diag;
    return err;
}

/* A run that was cancelled meanwhile has nothing left to spend. */
static enum err
charge_step(struct ctx *cx, const struct outing *o, const struct charge_ask *ask,
    enum charge_verdict *verdict, struct buf *answer)
{
    static const enum charge_verdict verdicts[] = {[LEDGER_PAID] = CHARGE_PAID,
        [LEDGER_PAID_BEFORE] = CHARGE_PAID_BEFORE,
        [LEDGER_STORED] = CHARGE_STORED,
        [LEDGER_REFUSED] = CHARGE_REFUSED};
    struct ledger_charge charge = {.run_id = o->run_id,
        .job_version = o->job.version,
        .data_version = o->row.data_version,
        .measurement = ask->measurement,
        .label = ask->label,
        .mechanism = ask->mechanism,
        .error95 = ask->error95,
        .plan_json = ask->plan_json,
        .price = ask->price,
        .exact = ask->exact};
    struct ledger_party party = job_party(&o->job);
    enum ledger_verdict said;
    const char *stored;
    struct job now;
    LEASE_SCOPE(lease, cx, DB_RW);
    TXN_SCOPE(txn);

    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(job_by_id(cx, o->job.id, &now));
    *verdict = CHARGE_REFUSED;
    if (now.state != JOB_RUNNING || now.version != o->job.version) {
        buf_addz(answer, "the job was stopped");
        return ERR_OK;
    }
    TRY(ledger_charge(cx, &party, &charge, &said, &stored));
    TRY(txn_commit(&txn, &cx->diag));
    *verdict = verdicts[said];
    if (said == LEDGER_REFUSED) {
        buf_addz(answer, "what the job may spend does not cover this measurement");
    } else if (stored != NULL) {
        buf_addz(answer, stored);
    }
    ring(&o->row);
    return ERR_OK;
}

static enum err
outing_charge(void *self, struct diag *d, const struct charge_ask *ask,
    enum charge_verdict *verdict, struct buf *answer)
{
    ARENA_SCOPE(arena, CHARGE_ARENA_BYTES + (2 * FRAME_BYTES_MAX));
    struct ctx step = step_of(self, arena);

    if (arena == NULL)
        return FAIL(d, ERR_INTERNAL, "no memory for a charge");
    return step_end(d, &step, charge_step(&step, self, ask, verdict, answer));
}

static enum err
keep_step(struct ctx *cx, const struct outing *o, struct digest measurement,
    struct str answer)
{
    LEASE_SCOPE(lease, cx, DB_RW);

    return ledger_keep(
        cx, o->job.id, o->job.version, o->row.data_version, measurement, answer);
}

static enum err
outing_keep(void *self, struct diag *d, struct digest measurement, struct str answer)
{
    ARENA_SCOPE(arena, CHARGE_ARENA_BYTES + (2 * FRAME_BYTES_MAX));
    struct ctx step = step_of(self, arena);

    if (arena == NULL)
        return FAIL(d, ERR_INTERNAL, "no memory for an answer");
    return step_end(d, &step, keep_step(&step, self, measurement, answer));
}

/* What came of it, stored. Inside a transaction. */
static enum err
outing_store(
    struct ctx *cx, struct outing *o, const struct outcome *got, const char **failure)
{
    json_auto_t *none = json_array();

    *failure = NULL;
    if (got->kind != OUTCOME_OK)
        return run_failure_text(cx, got, failure);
    return release_hold(cx, &o->job, o->run_id, got->output,
        got->measurements != NULL ? got->measurements : none, buf_str(&got->log));
}

/* All of the end in one transaction. A job that was cancelled meanwhile stays so. */
static enum err
outing_end(struct ctx *cx, struct outing *o, const struct outcome *got)
{
    bool automatic =
        o->job.lane == LANE_DP && o->ask.policy.release[LANE_DP] == RELEASE_AUTO;
    int64_t version = o->job.version;
    const char *failure;
    LEASE_SCOPE(lease, cx, DB_RW);
    TXN_SCOPE(txn);

    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(job_by_id(cx, o->job.id, &o->job));
    if (o->job.state != JOB_RUNNING || o->job.version != version) {
        TRY(db_run(cx->db, &cx->diag, NULL, STMT_RUN_DONE, o->run_id, NULL));
        return txn_commit(&txn, &cx->diag);
    }
    TRY(outing_store(cx, o, got, &failure));
    TRY(run_close(cx, &o->job, &o->row, failure, automatic));
    TRY(txn_commit(&txn, &cx->diag));
    ring(&o->row);
    return ERR_OK;
}

/* Only where a row program can be called by its name does a run get the time for one:
 * without that time the broker runs none on private data. */
static bool
names_row_program(struct str source)
{
    static const char *const names[] = {"map", "sample_aggregate", "collect"};

    for (size_t i = 0; i < ARRAY_N(names); i++) {
        if (memmem(source.ptr, source.len, names[i], strlen(names[i])) != NULL)
            return true;
    }
    return false;
}

enum err
run_do(struct ctx *cx, const char *job_id)
{
    struct outing o = {0};
    struct run_port port = {.self = &o, .charge = outing_charge, .keep = outing_keep};
    struct outcome got __attribute__((cleanup(outcome_release))) = {0};
    struct order order;

    TRY(outing_load(cx, job_id, &o));
    order = check_order(&o.ask, o.run_id, o.scan.columns);
    order.dataset_id = o.ds.id;
    order.data_version = o.row.data_version;
    order.limits.rows_ms = names_row_program(o.ask.source) ? RUN_ROWS_MS_MAX : 0;
    TRY(jailtest_await(cx->site, &cx->diag));
    TRY(runner_run(cx->site->runner, &cx->diag, &order, &port, &got));
    return outing_end(cx, &o, &got);
}

void
run_kill_ended(struct ctx *cx)
{
    struct diag quiet = {0};
    const char *id;
    bool more = true;

    if (cx->site->runner == NULL || db_each(cx->db, &quiet, STMT_RUNS_ENDED) != ERR_OK)
        return;
    while (db_row(cx->db, &quiet, cx->arena, STMT_RUNS_ENDED, &more, &id) == ERR_OK &&
        more) {
        struct diag gone = {0};
        if (runner_cancel(cx->site->runner, &gone, id) == ERR_OK)
            log_event(LOG_INFO, "run.killed", "%s", id);
    }
}

/* Was the failure there on the mock, at the same place? */
static bool
failed_alike(const json_t *failure, const char *mock_json)
{
    struct diag quiet = {0};
    json_auto_t *mock = NULL;
    const json_t *there;

    if (mock_json == NULL || json_parse(&quiet, str_of(mock_json), &mock) != ERR_OK)
        return false;
    there = json_object_get(mock, "failure");
    return json_is_object(there) &&
        json_equal(json_object_get(there, "kind"), json_object_get(failure, "kind")) &&
        json_equal(json_object_get(there, "line"), json_object_get(failure, "line"));
}

json_t *
run_failure_shown(const struct job *j, const char *mock_json)
{
    struct diag quiet = {0};
    json_auto_t *failure = NULL;

    if (j->failure_json == NULL || j->state != JOB_FAILED ||
        json_parse(&quiet, str_of(j->failure_json), &failure) != ERR_OK)
        return json_null();
    if (j->lane == LANE_DP)
        return json_incref(failure);
    if (!failed_alike(failure, mock_json))
        return json_pack("{s:s}", "kind", "data_dependent");
    return json_pack("{s:O, s:O}", "kind", json_object_get(failure, "kind"), "line",
        json_object_get(failure, "line"));
}
