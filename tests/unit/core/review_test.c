/* review_test.c -- rounds of votes, and how long an approval lives. */
#include "datasite/core/queue.h"
#include "datasite/core/review.h"
#include "datasite/core/reviewers.h"
#include "datasite/core/standing.h"
#include "datasite/core/template.h"
#include "policies/schema_value.h"
#include "tests/unit/core/made_job.h"

#include <criterion/criterion.h>
#include <stdio.h>

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

Test(review, changes_that_one_asks_for_are_made)
{
    struct job j;

    two_are_needed();
    j = job_checked(1, NANO);
    MUST(vote(&j, rita, DECISION_REQUEST_CHANGES));
    MUST(vote(&j, remo, DECISION_APPROVE));
    cr_assert_eq(j.state, JOB_CHANGES_REQUESTED);
    cr_assert_eq(reserved(&j), 0);
}

/* How many votes on the job somebody is shown. */
static int
votes_seen(const struct job *j, const char *who)
{
    struct review review;
    bool more;
    int n = 0;

    act_as(who, ROLE_OWNER);
    MUST(review_list(&cx, j->id, NULL, 10));
    for (;; n++) {
        MUST(review_next(&cx, &review, &more));
        if (!more)
            break;
    }
    as_system();
    return n;
}

/* Votes on other data, or under another policy, neither count nor are shown beside. */
Test(review, votes_on_other_things_stand_apart)
{
    struct csv_report report = {.rows = 4};
    int64_t version;
    struct job j;

    two_are_needed();
    j = job_checked(1, NANO);
    MUST(vote(&j, rita, DECISION_APPROVE));
    as_owner();
    MUST(dataset_data_begin(&cx, &wards, &version));
    MUST(dataset_data_commit(&cx, &wards, version, &report));
    MUST(job_by_id(&cx, j.id, &j));
    MUST(vote(&j, remo, DECISION_APPROVE));
    cr_assert_eq(j.state, JOB_IN_REVIEW);
    cr_assert_eq(votes_seen(&j, rita), 1);
    cr_assert_eq(votes_seen(&j, remo), 1);
    two_are_needed();
    MUST(job_by_id(&cx, j.id, &j));
    MUST(vote(&j, olive, DECISION_APPROVE));
    cr_assert_eq(j.state, JOB_IN_REVIEW);
    cr_assert_eq(votes_seen(&j, remo), 1);
    cr_assert_eq(votes_seen(&j, olive), 1);
    cr_assert_eq(votes_seen(&j, ada), 0);
    MUST(vote(&j, rita, DECISION_APPROVE));
    cr_assert_eq(j.state, JOB_APPROVED);
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

/* Not even one who reviews the dataset. */
Test(review, nobody_votes_on_their_own_job)
{
    struct job j = job_checked(1, NANO);

    as_owner();
    edit_by_hand(
        "INSERT INTO dataset_reviewer SELECT dataset_id, author_id, 1 FROM job");
    MUST_FAIL(ERR_FORBIDDEN, vote(&j, ada, DECISION_APPROVE));
    MUST_FAIL(ERR_FORBIDDEN, vote(&j, ada, DECISION_REJECT));
    MUST(vote(&j, rita, DECISION_APPROVE));
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

/* An author who may no longer ask: each of the reasons. */
Test(review, work_stands_on_all_it_needs)
{
    static const char *const edits[] = {
        "UPDATE user SET suspended = 1 WHERE email LIKE 'ada%'",
        "UPDATE user SET roles = 2 WHERE email LIKE 'ada%'",
        "UPDATE dataset SET archived = 1",
        "DELETE FROM dataset_grant",
        "DELETE FROM project_member",
    };

    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        struct job j;

        if (i > 0) {
            site_drop();
            job_site_make();
        }
        j = job_checked(1, NANO);
        MUST(job_stands(&cx, &j));
        edit_by_hand(edits[i]);
        cr_expect_eq(job_stands(&cx, &j), ERR_CONFLICT, "%s", edits[i]);
        diag_clear(&cx.diag);
    }
}

/* Votes that an approval rested on before it was sent back are of an earlier round. */
Test(review, a_round_begins_without_votes)
{
    struct job j;

    two_are_needed();
    j = job_checked(1, NANO);
    MUST(vote(&j, rita, DECISION_APPROVE));
    MUST(vote(&j, remo, DECISION_APPROVE));
    MUST(job_move(&cx, &j, JOB_IN_REVIEW, NULL));
    MUST(vote(&j, olive, DECISION_APPROVE));
    cr_assert_eq(j.state, JOB_IN_REVIEW);
    MUST(vote(&j, rita, DECISION_APPROVE));
    cr_assert_eq(j.state, JOB_APPROVED);
}

Test(review, who_can_be_a_reviewer)
{
    const char *many[REVIEWERS_MAX + 1], *one = olive;

    for (size_t i = 0; i <= REVIEWERS_MAX; i++)
        many[i] = rita;
    as_owner();
    MUST_FAIL(ERR_UNPROCESSABLE, reviewers_set(&cx, &wards, many, REVIEWERS_MAX + 1));
    MUST_FAIL(ERR_UNPROCESSABLE, reviewers_set(&cx, &wards, &one, 1));
    one = ada;
    MUST_FAIL(ERR_UNPROCESSABLE, reviewers_set(&cx, &wards, &one, 1));
    edit_by_hand("UPDATE user SET suspended = 1 WHERE email LIKE 'rita%'");
    one = rita;
    MUST_FAIL(ERR_UNPROCESSABLE, reviewers_set(&cx, &wards, &one, 1));
    one = remo;
    MUST(reviewers_set(&cx, &wards, &one, 1));
}

Test(review, work_ends_with_its_dataset)
{
    struct job j = job_approved(1, NANO);

    as_owner();
    MUST(standing_archive(&cx, &wards));
    MUST(job_by_id(&cx, j.id, &j));
    cr_assert_eq(j.state, JOB_CANCELLED);
    cr_assert_eq(reserved(&j), 0);
}

Test(review, one_who_asks_no_more_has_no_work)
{
    struct user_change change = {.suspended = -1, .roles = ROLE_OWNER};
    struct job j = job_approved(1, NANO);
    struct user user;

    act_as(user_made("root@example.org", ROLE_ADMIN), ROLE_ADMIN);
    MUST(standing_user_update(&cx, ada, &change, &user));
    MUST(job_by_id(&cx, j.id, &j));
    cr_assert_eq(j.state, JOB_CANCELLED);
    cr_assert_eq(reserved(&j), 0);
}

/* Templates: what one of them approves, and what is left to people. Each edit comes
 * between the signature and the job. */

#define SIGNED                                                               \
    "{\"name\":\"t\",\"title\":\"T\",\"templates\":true,\"lanes\":{\"dp\":{" \
    "\"release\":\"auto\"}}}"

static enum job_state
filled(const char *lane, int64_t max_epsilon_nano, const char *edit)
{
    json_auto_t *holes = json_pack("{s:{s:s, s:s}}", "n", "lower", "0", "upper", "5");
    struct template_draft draft = {.name = "One",
        .lane = lane,
        .source = STR("return ${n}"),
        .parameters = holes,
        .max_epsilon_nano = max_epsilon_nano};
    struct template template;
    struct job j;

    site_drop();
    review_site_make();
    wards_policy(SIGNED);
    MUST(dataset_by_id(&cx, wards.id, &wards));
    act_as(rita, ROLE_OWNER);
    MUST(template_create(&cx, &wards, &draft, &template));
    edit_by_hand(edit);
    j = job_checked(4, NANO);
    MUST(template_try(&cx, &j));
    return j.state;
}

Test(review, a_template_votes_for_those_who_may)
{
    static const char *const edits[] = {
        "UPDATE user SET suspended = 1 WHERE email LIKE 'rita%'",
        "UPDATE user SET roles = 1 WHERE email LIKE 'rita%'",
        "DELETE FROM dataset_reviewer",
        "UPDATE template SET ended_us = 1",
        "UPDATE dataset SET policy_version = policy_version + 1",
        "UPDATE dataset SET policy_json = json_set(policy_json, '$.approvals', 2)",
        "UPDATE dataset SET policy_json = json_remove(policy_json, '$.templates')",
        "DELETE FROM template_signature",
    };

    cr_assert_eq(filled("dp", NANO, ""), JOB_APPROVED);
    cr_assert_eq(filled("exact", NANO, ""), JOB_IN_REVIEW);
    cr_assert_eq(filled("dp", NANO - 1, ""), JOB_IN_REVIEW);
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++)
        cr_expect_eq(filled("dp", NANO, edits[i]), JOB_IN_REVIEW, "%s", edits[i]);
}

/* Only the server, in the name of what went, may cancel beside the owner. */
Test(review, an_administrator_cannot_cancel)
{
    struct job j = job_approved(1, NANO);

    act_as(user_made("root@example.org", ROLE_ADMIN), ROLE_ADMIN);
    MUST_FAIL(ERR_FORBIDDEN, job_move(&cx, &j, JOB_CANCELLED, NULL));
}
