/* job_test.c -- states and moves: one table, in C and in SQL, and who may make
 * which. */
#include "datasite/core/job.h"
#include "datasite/core/review.h"
#include "datasite/core/run.h"
#include "tests/unit/core/made_job.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

TestSuite(job, .init = job_site_make, .fini = site_drop);

Test(job, moves_are_the_same_in_sql)
{
    const char *from, *to;
    enum job_state a, b;
    size_t in_sql = 0, in_c = 0;
    bool more;

    MUST(db_each(cx.db, &cx.diag, STMT_JOB_MOVES));
    for (;; in_sql++) {
        MUST(db_row(cx.db, &cx.diag, cx.arena, STMT_JOB_MOVES, &more, &from, &to));
        if (!more)
            break;
        cr_assert(job_state_parse(str_of(from), &a), "%s", from);
        cr_assert(job_state_parse(str_of(to), &b), "%s", to);
        cr_assert_not_null(
            job_move_verb(a, b), "%s to %s is not in the table", from, to);
    }
    for (int i = 0; i < JOB_STATE_N; i++)
        for (int k = 0; k < JOB_STATE_N; k++)
            in_c += job_move_verb((enum job_state)i, (enum job_state)k) != NULL;
    cr_assert_eq(in_sql, in_c);
}

/* From in_review, every state that the table does not allow is refused by job_move and,
 * past it, by the trigger. */
Test(job, other_moves_are_refused)
{
    for (int to = 0; to < JOB_STATE_N; to++) {
        struct job j = job_checked(to, NANO);
        char sql[128];

        if (job_move_verb(JOB_IN_REVIEW, (enum job_state)to) != NULL ||
            to == JOB_IN_REVIEW)
            continue;
        cr_assert_eq(job_move(&cx, &j, (enum job_state)to, NULL), ERR_CONFLICT_STATE);
        cr_assert_not_null(strstr(cx.diag.extra, "\"state\":\"in_review\""));
        cr_assert_not_null(strstr(cx.diag.extra, "\"approved\""));
        diag_clear(&cx.diag);
        snprintf(sql, sizeof sql, "%s", job_state_name((enum job_state)to));
        MUST_FAIL(ERR_DB,
            db_run(cx.db, &cx.diag, NULL, STMT_JOB_MOVE, j.id, "in_review", sql,
                INT64_C(0), j.revision));
    }
}

Test(job, a_move_belongs_to_somebody)
{
    struct job j = job_checked(1, NANO);

    as_ada();
    MUST_FAIL(ERR_FORBIDDEN, job_move(&cx, &j, JOB_APPROVED, NULL));
    as_owner();
    MUST_FAIL(ERR_FORBIDDEN, job_move(&cx, &j, JOB_WITHDRAWN, NULL));
    MUST_FAIL(ERR_FORBIDDEN, job_move(&cx, &j, JOB_EXPIRED, NULL));
    as_system();
    MUST_FAIL(ERR_FORBIDDEN, job_move(&cx, &j, JOB_REJECTED, NULL));
    as_ada();
    MUST(job_retract(&cx, &j, ""));
}

Test(job, an_old_copy_moves_nothing)
{
    struct job j = job_checked(1, NANO), old = j;

    as_ada();
    MUST(job_retract(&cx, &j, ""));
    MUST_FAIL(ERR_STALE, job_move(&cx, &old, JOB_WITHDRAWN, NULL));
}

/* A vote or a comment changes no state, and is seen all the same. */
Test(job, a_copy_from_before_a_change_moves_nothing)
{
    struct job j = job_checked(1, NANO), old = j;

    MUST(job_touch(&cx, &j));
    MUST_FAIL(ERR_STALE, job_touch(&cx, &old));
    as_owner();
    MUST_FAIL(ERR_STALE, job_move(&cx, &old, JOB_REJECTED, NULL));
    MUST(job_move(&cx, &j, JOB_REJECTED, NULL));
}

Test(job, every_state_waits_on_somebody)
{
    static const struct {
        enum job_state state;
        const char *who;
    } expect[] = {{JOB_CHECKING, "system"}, {JOB_BLOCKED, "author"},
        {JOB_IN_REVIEW, "reviewer"}, {JOB_HELD, "reviewer"}, {JOB_RUNNING, "system"},
        {JOB_RELEASED, "nobody"}, {JOB_FAILED, "author"}};

    for (size_t i = 0; i < sizeof expect / sizeof expect[0]; i++)
        cr_assert_str_eq(job_wait_name(job_waits(expect[i].state)), expect[i].who);
}

Test(job, is_seen_by_author_and_owner)
{
    struct job j = job_checked(1, NANO), seen;

    as_ada();
    MUST(job_visible(&cx, j.id, &seen));
    as_owner();
    MUST(job_visible(&cx, j.id, &seen));
    act_as(bob, ROLE_RESEARCHER);
    MUST_FAIL(ERR_NOT_FOUND, job_visible(&cx, j.id, &seen));
    act_as(user_made("root@example.org", ROLE_ADMIN), ROLE_ADMIN);
    MUST_FAIL(ERR_NOT_FOUND, job_visible(&cx, j.id, &seen));
}

Test(job, the_same_source_is_submitted_once)
{
    struct job_draft draft = {.project_id = ada_project,
        .dataset = "wards",
        .title = "t",
        .question = "",
        .source = STR("return 1\r\n"),
        .lane = "dp",
        .epsilon_nano = NANO,
        .delta_atto = -1};
    struct job first, again;
    char expected[128];

    as_ada();
    MUST(job_submit(&cx, &draft, &first));
    draft.source = STR("return 1\n");
    cr_assert_eq(job_submit(&cx, &draft, &again), ERR_CONFLICT);
    snprintf(expected, sizeof expected, "{\"job\":\"/api/v1/jobs/%s\"}", first.id);
    cr_assert_str_eq(cx.diag.extra, expected);
    diag_clear(&cx.diag);
    MUST(job_retract(&cx, &first, ""));
    MUST(job_submit(&cx, &draft, &again));
}

Test(job, drafts_are_looked_at)
{
    struct job_draft good = {.project_id = ada_project,
                         .dataset = "wards",
                         .title = "t",
                         .question = "",
                         .source = STR("return 1"),
                         .lane = "dp",
                         .epsilon_nano = NANO,
                         .delta_atto = -1},
                     bad;
    static char long_source[SOURCE_BYTES_MAX + 2];
    struct job j;

    as_ada();
    bad = good, bad.lane = "none";
    MUST_FAIL(ERR_INVALID, job_submit(&cx, &bad, &j));
    bad = good, bad.epsilon_nano = 0;
    MUST_FAIL(ERR_UNPROCESSABLE, job_submit(&cx, &bad, &j));
    bad = good, bad.delta_atto = 5;
    MUST_FAIL(ERR_UNPROCESSABLE, job_submit(&cx, &bad, &j));
    bad = good, bad.source = STR("");
    MUST_FAIL(ERR_UNPROCESSABLE, job_submit(&cx, &bad, &j));
    memset(long_source, ' ', sizeof long_source - 1);
    bad = good, bad.source = str_of(long_source);
    MUST_FAIL(ERR_UNPROCESSABLE, job_submit(&cx, &bad, &j));
    bad = good, bad.title = "";
    MUST_FAIL(ERR_UNPROCESSABLE, job_submit(&cx, &bad, &j));
    bad = good, bad.project_id = bob_project;
    MUST_FAIL(ERR_NOT_FOUND, job_submit(&cx, &bad, &j));
    as_owner();
    MUST_FAIL(ERR_FORBIDDEN, job_submit(&cx, &good, &j));
}

Test(job, a_new_version_replaces_the_old)
{
    struct job j = job_checked(1, NANO);
    struct job_draft change = {.source = STR("return 2"), .epsilon_nano = -1};
    struct job_version v;

    as_owner();
    MUST_FAIL(ERR_FORBIDDEN, job_revise(&cx, &j, &change));
    as_ada();
    MUST(job_revise(&cx, &j, &change));
    cr_assert_eq(j.state, JOB_CHECKING);
    cr_assert_eq(j.version, 2);
    MUST(job_version_by(&cx, &j, 1, &v));
    cr_assert_str_eq(v.source, "return 1");
    MUST_FAIL(ERR_NOT_FOUND, job_version_by(&cx, &j, 3, &v));
}

/* What a first version must meet, a later one must. */
Test(job, a_new_version_needs_what_the_first_one_did)
{
    struct job other = job_checked(1, NANO), j = job_checked(2, NANO);
    struct job_draft same = {.source = STR("return 1"), .epsilon_nano = -1},
                     next = {.source = STR("return 3"), .epsilon_nano = -1};

    as_ada();
    MUST_FAIL(ERR_CONFLICT, job_revise(&cx, &j, &same));
    edit_by_hand("DELETE FROM project_member");
    MUST(job_by_id(&cx, j.id, &j));
    MUST_FAIL(ERR_NOT_FOUND, job_revise(&cx, &j, &next));
    MUST(job_by_id(&cx, other.id, &other));
    cr_assert_eq(other.version, 1);
}

/* Not even by one of those who see it all the same. */
Test(job, nobody_asks_what_is_not_published)
{
    struct job_draft draft = {.project_id = ada_project,
        .dataset = "wards",
        .title = "t",
        .question = "",
        .source = STR("return 1"),
        .lane = "dp",
        .epsilon_nano = NANO,
        .delta_atto = -1};
    struct job j;

    as_owner();
    MUST(dataset_close(&cx, &wards));
    as_ada();
    MUST_FAIL(ERR_NOT_FOUND, job_submit(&cx, &draft, &j));
    act_as(ada, ROLE_RESEARCHER | ROLE_ADMIN);
    MUST_FAIL(ERR_CONFLICT, job_submit(&cx, &draft, &j));
}

Test(job, approval_binds_to_what_was_seen)
{
    struct job j = job_checked(1, NANO);
    struct review_draft draft = {.version = 1,
        .source_sha256 = j.source_sha256,
        .decision = DECISION_APPROVE,
        .comment = ""};
    struct review review;

    as_owner();
    draft.version = 2;
    MUST_FAIL(ERR_STALE, review_decide(&cx, &j, &draft, &review));
    draft.version = 1, draft.source_sha256 = "00";
    MUST_FAIL(ERR_STALE, review_decide(&cx, &j, &draft, &review));
    draft.source_sha256 = j.source_sha256, draft.decision = DECISION_REJECT;
    MUST_FAIL(ERR_UNPROCESSABLE, review_decide(&cx, &j, &draft, &review));
    as_ada();
    MUST_FAIL(ERR_FORBIDDEN, review_decide(&cx, &j, &draft, &review));
    as_owner();
    draft.decision = DECISION_APPROVE;
    MUST(review_decide(&cx, &j, &draft, &review));
    MUST(job_by_id(&cx, j.id, &j));
    MUST(review_binds(&cx, &j));
}

Test(job, what_was_approved_is_all_bound)
{
    json_auto_t *policy = json_string("open-review");
    struct csv_report report = {.rows = 4};
    struct job j = job_approved(1, NANO), k;
    int64_t version;

    snprintf(site.runtime, sizeof site.runtime, "runtime 2");
    MUST_FAIL(ERR_STALE, review_binds(&cx, &j));
    snprintf(site.runtime, sizeof site.runtime, "runtime 1");
    MUST(review_binds(&cx, &j));
    as_owner();
    MUST(dataset_policy_set(&cx, &wards, policy));
    MUST_FAIL(ERR_STALE, review_binds(&cx, &j));
    k = job_approved(2, NANO);
    MUST(review_binds(&cx, &k));
    as_owner();
    MUST(dataset_data_begin(&cx, &wards, &version));
    MUST(dataset_data_commit(&cx, &wards, version, &report));
    MUST_FAIL(ERR_STALE, review_binds(&cx, &k));
}

Test(job, an_early_end_returns_what_is_held)
{
    struct job j = job_running(1, 2 * NANO);
    struct ledger_party party = job_party(&j);
    struct cap cap;

    cr_assert_eq(charged(&j, 1, NANO), LEDGER_PAID);
    as_ada();
    MUST_FAIL(ERR_FORBIDDEN, job_stop(&cx, &j, ""));
    MUST_FAIL(ERR_CONFLICT_STATE, job_retract(&cx, &j, ""));
    as_owner();
    MUST(job_stop(&cx, &j, "too long"));
    MUST(ledger_cap(&cx, CAP_DATASET, &party, &cap));
    cr_assert_eq(cap.spent_nano, NANO);
    cr_assert_eq(cap.reserved_nano, 0);
    MUST(ledger_verify(&cx, wards.id));
}

/* What the author of a failed run may know, by lane. */
static void
shown_is(enum lane lane, const char *failure, const char *mock, const char *expected)
{
    struct job j = {.state = JOB_FAILED, .lane = lane, .failure_json = failure};
    json_auto_t *shown = run_failure_shown(&j, mock);
    BUF_SCOPE(text);

    buf_init(&text, 4096);
    MUST(json_canonical(&cx.diag, shown, &text));
    cr_assert_str_eq(text.ptr, expected);
}

Test(job, failures_tell_no_more_than_they_may)
{
    static const char failure[] =
        "{\"kind\":\"script_error\",\"line\":2,\"log\":\"secret\",\"text\":\"secret\"}";

    shown_is(LANE_DP, failure, NULL, failure);
    shown_is(
        LANE_EXACT, failure, "{\"failure\":null}", "{\"kind\":\"data_dependent\"}");
    shown_is(LANE_ROWS, failure, NULL, "{\"kind\":\"data_dependent\"}");
    shown_is(LANE_EXACT, failure,
        "{\"failure\":{\"kind\":\"script_error\",\"line\":3}}",
        "{\"kind\":\"data_dependent\"}");
    shown_is(LANE_EXACT, failure, "{\"failure\":{\"kind\":\"timeout\",\"line\":2}}",
        "{\"kind\":\"data_dependent\"}");
    shown_is(LANE_EXACT, failure,
        "{\"failure\":{\"kind\":\"script_error\",\"line\":2,\"text\":\"here\"}}",
        "{\"kind\":\"script_error\",\"line\":2}");
}
