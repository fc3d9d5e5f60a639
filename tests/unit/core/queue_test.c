/* queue_test.c -- claims, approvals that no longer bind, and what a crash leaves
 * behind. */
#include "datasite/core/queue.h"
#include "datasite/core/run.h"
#include "tests/unit/core/made_job.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

TestSuite(queue, .init = job_site_make, .fini = site_drop);

static enum job_state
state_of(const struct job *j)
{
    struct job now;

    MUST(job_by_id(&cx, j->id, &now));
    return now.state;
}

/* The queue takes connections of its own: the test's writer is lent meanwhile. */
static bool
step(void)
{
    struct diag d = {0};
    bool did;

    db_give(site.db, cx.db);
    cr_assert_eq(queue_step(&site, &d, &did), ERR_OK, "%s", d.text);
    cx.db = db_take(site.db, DB_RW);
    return did;
}

static int
recover(void)
{
    struct diag d = {0};
    int resumed = -1;

    db_give(site.db, cx.db);
    cr_assert_eq(queue_recover(&site, &d, &resumed), ERR_OK, "%s", d.text);
    cx.db = db_take(site.db, DB_RW);
    return resumed;
}

Test(queue, has_nothing_to_do_at_first)
{
    cr_assert_not(step());
    cr_assert_eq(recover(), 0);
}

Test(queue, blocks_what_it_cannot_look_at)
{
    struct job j = job_submitted(1, NANO);

    cr_assert(step()); /* no jail in this test: the sandbox is not to be had */
    cr_assert_eq(state_of(&j), JOB_BLOCKED);
    cr_assert_not(step());
}

Test(queue, sends_back_what_no_longer_binds)
{
    struct job j = job_approved(1, 2 * NANO);
    struct ledger_party party = job_party(&j);
    struct cap cap;

    snprintf(site.runtime, sizeof site.runtime, "runtime 2");
    cr_assert(step());
    cr_assert_eq(state_of(&j), JOB_IN_REVIEW);
    MUST(ledger_cap(&cx, CAP_DATASET, &party, &cap));
    cr_assert_eq(cap.reserved_nano, 0);
    cr_assert_not(step());
}

Test(queue, claims_a_job_once)
{
    struct job first = job_submitted(1, NANO);
    const char *id;

    later(1);
    job_submitted(2, NANO);
    MUST(db_one(cx.db, &cx.diag, cx.arena, STMT_JOB_CLAIM_CHECK, &id));
    cr_assert_str_eq(id, first.id, "the oldest comes first");
    MUST(db_one(cx.db, &cx.diag, cx.arena, STMT_JOB_CLAIM_CHECK, &id));
    cr_assert_str_neq(id, first.id);
    MUST_FAIL(
        ERR_NOT_FOUND, db_one(cx.db, &cx.diag, cx.arena, STMT_JOB_CLAIM_CHECK, &id));
}

Test(queue, runs_no_more_at_once_than_it_has_places_for)
{
    const char *id;

    job_running(1, NANO);
    job_approved(2, NANO);
    MUST_FAIL(ERR_NOT_FOUND,
        db_one(cx.db, &cx.diag, cx.arena, STMT_JOB_CLAIM_RUN, INT64_C(1), &id));
    MUST(db_one(cx.db, &cx.diag, cx.arena, STMT_JOB_CLAIM_RUN, INT64_C(2), &id));
}

Test(queue, takes_up_a_broken_run_again)
{
    struct job j = job_running(1, NANO);

    cr_assert_eq(charged(&j, 1, NANO / 2), LEDGER_PAID);
    cr_assert_eq(recover(), 1);
    cr_assert_eq(state_of(&j), JOB_QUEUED);
    MUST(ledger_verify_all(&cx));
}

Test(queue, gives_up_a_run_that_always_breaks)
{
    struct job j = job_running(1, NANO);
    struct ledger_party party = job_party(&j);
    struct cap cap;

    cr_assert_eq(charged(&j, 1, NANO / 2), LEDGER_PAID);
    db_give(site.db, cx.db);
    MUST(run_cut_off(&cx, j.id, 1));
    cx.db = db_take(site.db, DB_RW);
    MUST(job_by_id(&cx, j.id, &j));
    cr_assert_eq(j.state, JOB_FAILED);
    cr_assert_not_null(strstr(j.failure_json, "\"internal\""));
    MUST(ledger_cap(&cx, CAP_DATASET, &party, &cap));
    cr_assert_eq(cap.spent_nano, NANO / 2, "what was charged stays charged");
    cr_assert_eq(cap.reserved_nano, 0);
}

Test(queue, abandons_uploads_that_never_ended)
{
    int64_t version;
    struct csv_report report = {.rows = 1};

    as_owner();
    MUST(dataset_data_begin(&cx, &wards, &version));
    cr_assert_eq(version, 2);
    recover();
    MUST_FAIL(ERR_CONFLICT, dataset_data_commit(&cx, &wards, version, &report));
    MUST(dataset_data_begin(&cx, &wards, &version));
    cr_assert_eq(version, 3, "a number is given out once");
}

Test(queue, does_not_start_on_books_that_do_not_add_up)
{
    struct diag d = {0};

    job_running(1, NANO);
    edit_by_hand("UPDATE cap SET spent_nano = 1 WHERE kind = 'dataset'");
    db_give(site.db, cx.db);
    cr_assert_eq(queue_recover(&site, &d, NULL), ERR_CONFLICT);
    cx.db = db_take(site.db, DB_RW);
}
