/* slot_test.c -- what a run with a time slot shows, and when. */
#include "datasite/core/budget.h"
#include "datasite/core/queue.h"
#include "datasite/core/release.h"
#include "datasite/core/run_end.h"
#include "datasite/core/slot.h"
#include "tests/unit/core/made_job.h"

#include <criterion/criterion.h>
#include <string.h>

#define SECOND INT64_C(1000000)
#define HOUR   (3600 * SECOND)

/* release is "auto" or "held". */
#define POLICY_OF(release, slot_s)                                                    \
    "{\"name\":\"slots\",\"title\":\"Slots\",\"description\":\"\",\"lanes\":{\"dp\":" \
    "{\"release\":\"" release "\"}},\"approvals\":1,\"approval_days\":30,"            \
    "\"time_slot_s\":" slot_s "}"
#define POLICY(release) POLICY_OF(release, "3600") /* an hour's slot */

static void
set_policy(const char *text)
{
    json_auto_t *doc = NULL;

    as_owner();
    MUST(json_parse(&cx.diag, str_of(text), &doc));
    MUST(dataset_policy_set(&cx, &wards, doc));
    as_system();
}

static void
make(void)
{
    job_site_make();
    set_policy(POLICY("auto"));
}

TestSuite(slot, .init = make, .fini = site_drop);

static struct job
job_now(const struct job *j)
{
    struct job now;

    MUST(job_by_id(&cx, j->id, &now));
    return now;
}

/* The run's end, kept for the end of its slot as run_do keeps it: s seconds from now. */
static void
ended(const struct job *j, const char *failure, int64_t s)
{
    json_auto_t *outputs = json_pack("{s:i}", "n", 4), *measurements = json_array();
    struct slot_end end = {j->run_id, j->id, {cx.now.us + s * SECOND}, failure};

    if (failure == NULL)
        MUST(release_hold(&cx, j, j->run_id, outputs, measurements, STR("log")));
    MUST(db_run(cx.db, &cx.diag, NULL, STMT_RUN_DONE, j->run_id, NULL));
    MUST(slot_keep(&cx, &end));
}

/* The run began so many seconds earlier than it did. */
static struct job
job_begun_before(int n, int64_t seconds)
{
    struct job j;

    cx.now.us -= seconds * SECOND;
    j = job_running(n, NANO);
    cx.now.us += seconds * SECOND;
    return j;
}

static bool
revealed(struct unixus *next)
{
    bool did = false;

    db_give(site.db, cx.db);
    enum err err = run_reveal(&cx, &did, next);
    cx.db = db_take(site.db, DB_RW);
    cr_assert(err == ERR_OK || err == ERR_NOT_FOUND, "%s", cx.diag.text);
    diag_clear(&cx.diag);
    return did;
}

Test(slot, ends_are_counted_from_the_start)
{
    struct unixus start = {1000};

    cr_assert_eq(slot_end_after(start, 60, (struct unixus){1000}).us, 1060);
    cr_assert_eq(slot_end_after(start, 60, (struct unixus){1059}).us, 1060);
    cr_assert_eq(slot_end_after(start, 60, (struct unixus){1060}).us, 1060);
    cr_assert_eq(slot_end_after(start, 60, (struct unixus){1061}).us, 1120);
    cr_assert_eq(slot_end_before(start, 60, (struct unixus){1119}).us, 1060);
    cr_assert_eq(slot_end_before(start, 60, (struct unixus){1120}).us, 1120);
    cr_assert_eq(slot_end_after(start, 60, (struct unixus){5}).us, 1060,
        "a clock that was set back shows nothing before the first slot is over");
}

Test(slot, is_for_what_is_released_without_a_human)
{
    struct policy p = {.time_slot_s = 7};

    p.release[LANE_DP] = RELEASE_AUTO;
    cr_assert_eq(slot_length(&p, LANE_DP), 7 * SECOND);
    cr_assert_eq(slot_length(&p, LANE_EXACT), 0);
    p.release[LANE_DP] = RELEASE_HELD;
    cr_assert_eq(slot_length(&p, LANE_DP), 0);
}

Test(slot, shows_nothing_before_its_end)
{
    struct job j = job_running(1, NANO), after;
    struct unixus next = {0};

    ended(&j, NULL, 60);
    cr_assert_not(revealed(&next));
    cr_assert_gt(next.us, cx.now.us);
    after = job_now(&j);
    cr_assert_eq(after.state, JOB_RUNNING);
    cr_assert_eq(after.revision, j.revision, "a reader's tag has not changed");
}

Test(slot, shows_a_result_as_of_the_end_of_the_slot)
{
    struct job j = job_begun_before(1, 3600 + 600);
    struct unixus next, start = j.changed;
    struct result r;

    ended(&j, NULL, -600);
    cr_assert(revealed(&next));
    j = job_now(&j);
    cr_assert_eq(j.state, JOB_RELEASED);
    cr_assert_eq(j.changed.us, start.us + HOUR);
    MUST(release_load(&cx, j.id, &r));
    cr_assert_eq(r.released.us, start.us + HOUR);
    cr_assert_not(revealed(&next), "an end is shown once");
}

Test(slot, shows_a_failure_and_gives_back_what_was_held)
{
    struct job j = job_begun_before(1, 3600);
    struct ledger_party party = job_party(&j);
    struct unixus next;
    struct cap cap;

    ended(&j, "{\"kind\":\"timeout\"}", 0);
    MUST(ledger_cap(&cx, CAP_DATASET, &party, &cap));
    cr_assert_eq(cap.reserved_nano, NANO);
    cr_assert(revealed(&next));
    j = job_now(&j);
    cr_assert_eq(j.state, JOB_FAILED);
    cr_assert_str_eq(j.failure_json, "{\"kind\":\"timeout\"}");
    MUST(ledger_cap(&cx, CAP_DATASET, &party, &cap));
    cr_assert_eq(cap.reserved_nano, 0);
}

Test(slot, an_end_that_cannot_be_shown_is_a_failure)
{
    struct job j = job_begun_before(1, 3600);
    struct unixus next;

    ended(&j, NULL, 0);
    edit_by_hand("UPDATE result SET measurements_json = '['");
    cr_assert(revealed(&next));
    j = job_now(&j);
    cr_assert_eq(j.state, JOB_FAILED);
    cr_assert_not_null(strstr(j.failure_json, "internal"));
}

Test(slot, of_a_job_that_was_cancelled_is_dropped)
{
    struct job j = job_begun_before(1, 3600);
    struct unixus next;

    ended(&j, NULL, 0);
    as_owner();
    MUST(job_stop(&cx, &j, ""));
    as_system();
    cr_assert(revealed(&next));
    cr_assert_eq(job_now(&j).state, JOB_CANCELLED);
    cr_assert_not(revealed(&next));
}

Test(slot, waits_for_the_owner_where_the_policy_has_become_stricter)
{
    struct job j = job_begun_before(1, 3600);
    struct unixus next;

    ended(&j, NULL, 0);
    set_policy(POLICY("held"));
    cr_assert(revealed(&next));
    cr_assert_eq(job_now(&j).state, JOB_HELD);
}

/* The same without a slot, where the end is shown when it comes. */
Test(slot, a_run_is_released_where_both_policies_say_so)
{
    static const char *const policies[] = {
        POLICY_OF("held", "0"), POLICY_OF("auto", "0")};
    json_auto_t *outputs = json_pack("{s:i}", "n", 4), *measurements = json_array();

    for (int i = 0; i < 4; i++) { /* began under, ends under */
        struct run_row row;
        struct job j;
        TXN_SCOPE(txn);

        set_policy(policies[i / 2]);
        j = job_running(i, NANO);
        set_policy(policies[i % 2]);
        MUST(run_load(&cx, j.run_id, &row));
        MUST(txn_begin(&txn, cx.db, &cx.diag));
        MUST(release_hold(&cx, &j, j.run_id, outputs, measurements, STR("")));
        MUST(run_close(&cx, &j, &row, NULL, i / 2 == 1));
        MUST(txn_commit(&txn, &cx.diag));
        cr_expect_eq(job_now(&j).state, i == 3 ? JOB_RELEASED : JOB_HELD, "%d", i);
    }
}

/* What the researcher sees of the budget. */
static struct budget_view
ada_sees(void)
{
    struct budget_view view;

    as_ada();
    MUST(budget_view(&cx, &wards, &view));
    as_system();
    return view;
}

Test(slot, veils_charges_from_researchers_and_not_from_the_owner)
{
    struct job j = job_begun_before(1, 3600);
    struct budget_view before = ada_sees(), view;
    struct unixus next;

    cr_assert_eq(charged(&j, 1, NANO / 4), LEDGER_PAID);
    view = ada_sees();
    cr_assert_eq(memcmp(&view, &before, sizeof view), 0, "not even the tag moves");
    cr_assert_eq(view.spent_nano, 0);
    cr_assert_eq(view.reserved_nano, NANO);
    as_owner();
    MUST(budget_view(&cx, &wards, &view));
    cr_assert_eq(view.spent_nano, NANO / 4);
    cr_assert_gt(view.seq, before.seq);
    as_system();

    ended(&j, NULL, 0);
    cr_assert(revealed(&next));
    view = ada_sees();
    cr_assert_eq(view.spent_nano, NANO / 4);
    cr_assert_eq(view.reserved_nano, 0);
    cr_assert_gt(view.seq, before.seq);
}

Test(slot, veils_nothing_of_a_run_without_one)
{
    struct job j;

    set_policy(POLICY_OF("auto", "0"));
    j = job_running(1, NANO);
    cr_assert_eq(charged(&j, 1, NANO / 4), LEDGER_PAID);
    cr_assert_eq(ada_sees().spent_nano, NANO / 4);
}

Test(slot, is_not_lost_at_a_restart)
{
    struct job j = job_begun_before(1, 3600);
    struct diag d = {0};
    struct unixus next;
    int resumed = -1;

    ended(&j, NULL, 0);
    db_give(site.db, cx.db);
    cr_assert_eq(queue_recover(&site, &d, &resumed), ERR_OK, "%s", d.text);
    cx.db = db_take(site.db, DB_RW);
    cr_assert_eq(resumed, 0);
    cr_assert_eq(job_now(&j).state, JOB_RUNNING);
    cr_assert(revealed(&next));
    cr_assert_eq(job_now(&j).state, JOB_RELEASED);
}

Test(slot, a_run_that_was_cut_off_goes_on_unseen)
{
    struct job j = job_running(1, NANO), after;
    const char *id;
    bool goes_on;

    db_give(site.db, cx.db);
    MUST(run_cut_off(&cx, j.id, RUN_ATTEMPTS_MAX));
    cx.db = db_take(site.db, DB_RW);
    after = job_now(&j);
    cr_assert_eq(after.state, JOB_RUNNING);
    cr_assert_eq(after.revision, j.revision);
    MUST(db_one(cx.db, &cx.diag, cx.arena, STMT_JOB_CLAIM_CUT_OFF, &id));
    cr_assert_str_eq(id, j.id);
    MUST(run_again(&cx, &after, &goes_on));
    cr_assert(goes_on);
    MUST_FAIL(
        ERR_NOT_FOUND, db_one(cx.db, &cx.diag, cx.arena, STMT_JOB_CLAIM_CUT_OFF, &id));
}

Test(slot, a_run_that_always_breaks_fails_at_its_end)
{
    struct job j = job_begun_before(1, 3600 - 60);
    struct unixus next;

    db_give(site.db, cx.db);
    MUST(run_cut_off(&cx, j.id, 1));
    cx.db = db_take(site.db, DB_RW);
    cr_assert_eq(job_now(&j).state, JOB_RUNNING);
    cr_assert_not(revealed(&next));
    cr_assert_eq(next.us, j.changed.us + HOUR);
}

Test(slot, a_run_is_not_begun_for_ever)
{
    struct job j = job_running(1, NANO);
    const char *id;
    bool goes_on = true;
    int n = 1;

    for (; goes_on && n <= RUN_RESTARTS_MAX + 1; n++)
        MUST(run_again(&cx, &j, &goes_on));
    cr_assert_eq(n, RUN_RESTARTS_MAX + 1);
    cr_assert_not(goes_on);
    cr_assert_eq(job_now(&j).state, JOB_RUNNING);
    MUST_FAIL(
        ERR_NOT_FOUND, db_one(cx.db, &cx.diag, cx.arena, STMT_JOB_CLAIM_CUT_OFF, &id));
}
