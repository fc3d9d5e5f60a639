/* review_test.c -- rounds of votes, and how long an approval lives. */
#include "datasite/core/queue.h"
#include "datasite/core/review.h"
#include "datasite/core/reviewers.h"
#include "datasite/core/standing.h"
#include "policies/schema_value.h"
#include "tests/unit/core/made_job.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define DAY_US (INT64_C(86400) * 1000000)

static const char *rita, *remo;

static void
review_site_make(void)
{
    const char *ids[2];

    job_site_make();
    ids[0] = rita = user_made("rita@example.org", ROLE_OWNER);
    ids[1] = remo = user_made("remo@example.org", ROLE_OWNER);
    as_owner();
    MUST(reviewers_set(&cx, &wards, ids, 2));
    as_system();
}

TestSuite(review, .init = review_site_make, .fini = site_drop);

static void
two_are_needed(void)
{
    wards_policy("{\"name\":\"two\",\"title\":\"Two\",\"approvals\":2,"
                 "\"lanes\":{\"dp\":{\"release\":\"auto\"}}}");
}

static enum err
vote(struct job *j, const char *who, enum decision decision)
{
    struct review_draft draft = {.version = j->version,
        .source_sha256 = j->source_sha256,
        .decision = decision,
        .comment = "Seen."};
    struct review review;
    enum err err;

    act_as(who, ROLE_OWNER);
    err = review_decide(&cx, j, &draft, &review);
    as_system();
    return err;
}

static int64_t
reserved(const struct job *j)
{
    struct ledger_party party = job_party(j);
    struct cap cap;

    MUST(ledger_cap(&cx, CAP_DATASET, &party, &cap));
    return cap.reserved_nano;
}

/* One step of the queue, which takes connections of its own. */
static enum job_state
after_a_step(const struct job *j)
{
    struct diag d = {0};
    struct job now;
    bool did;

    db_give(site.db, cx.db);
    cr_assert_eq(queue_step(&site, &d, &did), ERR_OK, "%s", d.text);
    cx.db = db_take(site.db, DB_RW);
    MUST(job_by_id(&cx, j->id, &now));
    return now.state;
}

Test(review, a_round_ends_with_the_last_vote_that_is_needed)
{
    struct job j;

    two_are_needed();
    j = job_checked(1, NANO);
    MUST(vote(&j, rita, DECISION_APPROVE));
    cr_assert_eq(j.state, JOB_IN_REVIEW);
    cr_assert_eq(reserved(&j), 0);
    MUST_FAIL(ERR_CONFLICT, vote(&j, rita, DECISION_APPROVE));
    MUST(vote(&j, olive, DECISION_APPROVE));
    cr_assert_eq(j.state, JOB_APPROVED);
    cr_assert_eq(reserved(&j), NANO);
    MUST_FAIL(ERR_CONFLICT_STATE, vote(&j, remo, DECISION_APPROVE));
}

Test(review, the_strictest_vote_decides)
{
    struct job j;

    two_are_needed();
    j = job_checked(1, NANO);
    MUST(vote(&j, rita, DECISION_REJECT));
    cr_assert_eq(j.state, JOB_IN_REVIEW);
    MUST(vote(&j, remo, DECISION_APPROVE));
    cr_assert_eq(j.state, JOB_REJECTED);
    cr_assert_eq(reserved(&j), 0);
}

Test(review, an_abstention_is_no_vote)
{
    struct job j;

    two_are_needed();
    j = job_checked(1, NANO);
    MUST(vote(&j, rita, DECISION_ABSTAIN));
    MUST(vote(&j, remo, DECISION_APPROVE));
    cr_assert_eq(j.state, JOB_IN_REVIEW);
    cr_assert_eq(reserved(&j), 0);
    MUST(vote(&j, olive, DECISION_APPROVE));
    cr_assert_eq(j.state, JOB_APPROVED);
    MUST(review_binds(&cx, &j));
}

Test(review, abstentions_alone_pass_nothing)
{
    struct job j;

    two_are_needed();
    j = job_checked(1, NANO);
    MUST(vote(&j, remo, DECISION_APPROVE));
    MUST(vote(&j, rita, DECISION_ABSTAIN));
    MUST(vote(&j, olive, DECISION_ABSTAIN));
    cr_assert_eq(j.state, JOB_IN_REVIEW);
    cr_assert_eq(reserved(&j), 0);
}

Test(review, an_abstention_is_final_and_opens_the_round)
{
    struct job j;
    bool open;

    two_are_needed();
    j = job_checked(1, NANO);
    MUST(vote(&j, rita, DECISION_ABSTAIN));
    act_as(rita, ROLE_OWNER);
    MUST(review_open(&cx, &j, &open));
    cr_assert(open);
    MUST_FAIL(ERR_CONFLICT, vote(&j, rita, DECISION_APPROVE));
    MUST_FAIL(ERR_CONFLICT, vote(&j, rita, DECISION_ABSTAIN));
    snprintf(site.runtime, sizeof site.runtime, "runtime 2");
    MUST(vote(&j, rita, DECISION_APPROVE));
}

Test(review, whoever_abstains_says_why)
{
    struct job j = job_checked(1, NANO);
    struct review_draft draft = {.version = j.version,
        .source_sha256 = j.source_sha256,
        .decision = DECISION_ABSTAIN,
        .comment = ""};
    struct review review;

    as_owner();
    MUST_FAIL(ERR_UNPROCESSABLE, review_decide(&cx, &j, &draft, &review));
}

/* Said in words as soon as k votes cannot be had, and taken back when they can. */
Test(review, too_few_are_left)
{
    struct review_progress p;
    struct job j;
    const char *ids[3];

    two_are_needed();
    j = job_checked(1, NANO);
    MUST(vote(&j, rita, DECISION_ABSTAIN));
    MUST(review_progress(&cx, &j, &p));
    cr_assert_str_eq(p.detail, "0 of 2 approvals; 1 abstained");
    cr_assert_eq(p.reach, 2);
    MUST(vote(&j, remo, DECISION_ABSTAIN));
    MUST(review_progress(&cx, &j, &p));
    cr_assert_str_eq(p.detail,
        "0 of 2 approvals; 2 abstained, so that at most 1 of 2 votes can be had: the "
        "dataset's owner must add reviewers");
    cr_assert_eq(p.reach, 1);
    ids[0] = rita;
    ids[1] = remo;
    ids[2] = user_made("rosa@example.org", ROLE_OWNER);
    as_owner();
    MUST(reviewers_set(&cx, &wards, ids, 3));
    MUST(review_progress(&cx, &j, &p));
    cr_assert_eq(p.reach, 2);
    MUST(vote(&j, ids[2], DECISION_APPROVE));
    MUST(vote(&j, olive, DECISION_APPROVE));
    cr_assert_eq(j.state, JOB_APPROVED);
}

/* A number raised past the program: what was approved does not pass. */
Test(review, fewer_approvals_than_needed_bind_nothing)
{
    struct job j = job_approved(1, NANO);

    MUST(review_binds(&cx, &j));
    edit_by_hand(
        "UPDATE dataset SET policy_json = json_set(policy_json, '$.approvals', 2)");
    MUST_FAIL(ERR_STALE, review_binds(&cx, &j));
}

Test(review, votes_of_another_runtime_do_not_count)
{
    struct job j;

    two_are_needed();
    j = job_checked(1, NANO);
    MUST(vote(&j, rita, DECISION_APPROVE));
    snprintf(site.runtime, sizeof site.runtime, "runtime 2");
    MUST(vote(&j, remo, DECISION_APPROVE));
    cr_assert_eq(j.state, JOB_IN_REVIEW);
    MUST(vote(&j, rita, DECISION_APPROVE));
    cr_assert_eq(j.state, JOB_APPROVED);
}

Test(review, those_who_are_removed_vote_no_more)
{
    struct job j = job_checked(1, NANO);

    as_owner();
    MUST(reviewers_set(&cx, &wards, NULL, 0));
    MUST_FAIL(ERR_FORBIDDEN, vote(&j, rita, DECISION_APPROVE));
    MUST_FAIL(ERR_FORBIDDEN, vote(&j, bob, DECISION_APPROVE));
    MUST(vote(&j, olive, DECISION_APPROVE));
}

Test(review, an_approval_runs_out)
{
    struct job j;

    cx.now.us -= 31 * DAY_US;
    j = job_approved(1, NANO);
    cr_assert_eq(reserved(&j), NANO);
    cr_assert_eq(after_a_step(&j), JOB_EXPIRED);
    cr_assert_eq(reserved(&j), 0);
}

Test(review, an_approval_lasts_as_long_as_the_policy_says)
{
    struct job j = job_approved(1, NANO);

    cx.now.us += 30 * DAY_US;
    MUST(review_lasts(&cx, &j));
    cx.now.us += DAY_US;
    MUST_FAIL(ERR_CONFLICT, review_lasts(&cx, &j));
    j.state = JOB_QUEUED; /* a run that was cut off had begun in time */
    MUST(review_lasts(&cx, &j));
}

Test(review, without_days_an_approval_lasts)
{
    struct job j;

    wards_policy("{\"name\":\"one\",\"title\":\"One\","
                 "\"lanes\":{\"dp\":{\"release\":\"auto\"}}}");
    j = job_approved(1, NANO);
    cx.now.us += 4000 * DAY_US;
    MUST(review_lasts(&cx, &j));
}

Test(review, the_last_day_of_access_ends_an_approval)
{
    char text[256], day[32];
    int64_t today = clock_day(cx.now);
    struct job j;

    snprintf(text, sizeof text,
        "{\"name\":\"one\",\"title\":\"One\",\"input\":{\"expires\":\"%s\"},"
        "\"lanes\":{\"dp\":{\"release\":\"auto\"}}}",
        date_text(today + 2, day));
    wards_policy(text);
    j = job_approved(1, NANO);
    cx.now.us += 2 * DAY_US;
    MUST(review_lasts(&cx, &j));
    cx.now.us += DAY_US;
    MUST_FAIL(ERR_CONFLICT, review_lasts(&cx, &j));
}

Test(review, votes_of_an_open_round_are_seen_by_all)
{
    struct job j;
    bool open;

    wards_policy("{\"name\":\"two\",\"title\":\"Two\",\"approvals\":2,\"blind\":false,"
                 "\"lanes\":{\"dp\":{\"release\":\"auto\"}}}");
    j = job_checked(1, NANO);
    act_as(remo, ROLE_OWNER);
    MUST(review_open(&cx, &j, &open));
    cr_assert(open);
    two_are_needed();
    MUST(job_by_id(&cx, j.id, &j));
    act_as(remo, ROLE_OWNER);
    MUST(review_open(&cx, &j, &open));
    cr_assert_not(open);
    MUST(vote(&j, remo, DECISION_APPROVE));
    act_as(remo, ROLE_OWNER);
    MUST(review_open(&cx, &j, &open));
    cr_assert(open);
}

Test(review, work_without_standing_does_not_start)
{
    struct job j = job_approved(1, NANO);

    edit_by_hand("DELETE FROM dataset_grant");
    cr_assert_eq(after_a_step(&j), JOB_CANCELLED);
    cr_assert_eq(reserved(&j), 0);
}

Test(review, a_grant_taken_back_ends_the_work_of_one_author)
{
    struct job mine = job_approved(1, NANO), running = job_running(2, NANO),
               waiting = job_checked(3, NANO);

    as_owner();
    MUST(standing_grant_delete(&cx, &wards, bob));
    MUST(job_by_id(&cx, mine.id, &mine));
    cr_assert_eq(mine.state, JOB_APPROVED);
    MUST(standing_grant_delete(&cx, &wards, ada));
    MUST(job_by_id(&cx, mine.id, &mine));
    MUST(job_by_id(&cx, running.id, &running));
    MUST(job_by_id(&cx, waiting.id, &waiting));
    cr_assert_eq(mine.state, JOB_CANCELLED);
    cr_assert_eq(running.state, JOB_CANCELLED);
    cr_assert_eq(waiting.state, JOB_IN_REVIEW);
    cr_assert_eq(reserved(&mine), 0);
    MUST(ledger_verify(&cx, wards.id));
    MUST_FAIL(ERR_CONFLICT, vote(&waiting, olive, DECISION_APPROVE));
}

Test(review, a_suspended_author_has_no_work)
{
    struct user_change suspend = {.suspended = 1};
    struct job j = job_running(1, NANO);
    struct user user;
    const char *root = user_made("root@example.org", ROLE_ADMIN);

    act_as(root, ROLE_ADMIN);
    MUST(standing_user_update(&cx, ada, &suspend, &user));
    cr_assert_eq(cx.actor.roles, ROLE_ADMIN);
    MUST(job_by_id(&cx, j.id, &j));
    cr_assert_eq(j.state, JOB_CANCELLED);
    cr_assert_eq(reserved(&j), 0);
}

/* Only the server, in the name of what went, may cancel beside the owner. */
Test(review, an_administrator_cannot_cancel)
{
    struct job j = job_approved(1, NANO);

    act_as(user_made("root@example.org", ROLE_ADMIN), ROLE_ADMIN);
    MUST_FAIL(ERR_FORBIDDEN, job_move(&cx, &j, JOB_CANCELLED, NULL));
}
