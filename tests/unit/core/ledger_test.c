/* ledger_test.c -- the book adds up, refuses one over, and shows what a hand
 * changed. */
#include "datasite/core/ledger.h"
#include "tests/unit/core/made_job.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

TestSuite(ledger, .init = job_site_make, .fini = site_drop);

static struct cap
cap_of(const struct job *j, enum cap_kind kind)
{
    struct ledger_party party = job_party(j);
    struct cap cap;

    MUST(ledger_cap(&cx, kind, &party, &cap));
    return cap;
}

static void
must_be(struct cap cap, int64_t limit, int64_t spent, int64_t reserved)
{
    cr_assert_eq(cap.limit_nano, limit, "limit %ld", (long)cap.limit_nano);
    cr_assert_eq(cap.spent_nano, spent, "spent %ld", (long)cap.spent_nano);
    cr_assert_eq(cap.reserved_nano, reserved, "reserved %ld", (long)cap.reserved_nano);
}

Test(ledger, moves_from_free_to_reserved_to_spent_and_back)
{
    struct job j = job_running(1, 2 * NANO);
    struct ledger_party party = job_party(&j);

    for (enum cap_kind kind = CAP_DATASET; kind <= CAP_JOB; kind++)
        must_be(cap_of(&j, kind),
            kind == CAP_DATASET   ? 5 * NANO
                : kind == CAP_JOB ? 2 * NANO
                                  : LEDGER_NO_LIMIT,
            0, 2 * NANO);
    cr_assert_eq(charged(&j, 1, NANO / 2), LEDGER_PAID);
    must_be(cap_of(&j, CAP_DATASET), 5 * NANO, NANO / 2, 3 * NANO / 2);
    MUST(ledger_settle(&cx, &party));
    must_be(cap_of(&j, CAP_DATASET), 5 * NANO, NANO / 2, 0);
    must_be(cap_of(&j, CAP_JOB), NANO / 2, NANO / 2, 0);
    MUST(ledger_verify(&cx, wards.id));
}

Test(ledger, settles_once)
{
    struct job j = job_running(1, NANO);
    struct ledger_party party = job_party(&j);
    int64_t before, after;

    MUST(ledger_settle(&cx, &party));
    MUST(ledger_head(&cx, wards.id, &before));
    MUST(ledger_settle(&cx, &party));
    MUST(ledger_head(&cx, wards.id, &after));
    cr_assert_eq(before, after);
}

Test(ledger, takes_an_exact_fit_and_refuses_one_more)
{
    struct job j = job_running(1, NANO);

    cr_assert_eq(charged(&j, 1, NANO + 1), LEDGER_REFUSED);
    cr_assert_eq(charged(&j, 2, NANO), LEDGER_PAID);
    cr_assert_eq(charged(&j, 3, 1), LEDGER_REFUSED);
    cr_assert_eq(charged(&j, 4, 0), LEDGER_PAID); /* exact(): recorded, free */
    MUST(ledger_verify(&cx, wards.id));
}

Test(ledger, refuses_what_is_no_price)
{
    struct job j = job_running(1, NANO);

    cr_assert_eq(charged(&j, 1, EPS_NONE), LEDGER_REFUSED, "not pure");
    cr_assert_eq(charged(&j, 2, INT64_MIN), LEDGER_REFUSED);
    cr_assert_eq(charged(&j, 3, INT64_MAX), LEDGER_REFUSED);
    must_be(cap_of(&j, CAP_DATASET), 5 * NANO, 0, NANO);
}

/* What a job has left is the bound, and every cap over it is looked at all the same. */
Test(ledger, charges_what_stands_reserved_in_every_cap)
{
    static const char *const kinds[] = {"dataset", "project", "researcher", "job"};
    struct job j = job_running(1, NANO);
    char sql[96];

    for (int i = 0; i < 4; i++) {
        snprintf(sql, sizeof sql,
            "UPDATE cap SET reserved_nano = %lld WHERE kind = '%s'",
            (long long)NANO / 2 - 1, kinds[i]);
        edit_by_hand(sql);
        cr_expect_eq(charged(&j, i, NANO / 2), LEDGER_REFUSED, "%s", kinds[i]);
        snprintf(
            sql, sizeof sql, "UPDATE cap SET reserved_nano = %lld", (long long)NANO);
        edit_by_hand(sql);
    }
    cr_expect_eq(charged(&j, 4, NANO / 2), LEDGER_PAID);
}

Test(ledger, reserves_up_to_every_cap)
{
    struct job j = job_checked(1, NANO);
    struct ledger_party party = job_party(&j);
    struct budget ask = {.eps_nano = 5 * NANO + 1};

    MUST_FAIL(ERR_BUDGET, ledger_reserve(&cx, &party, ask));
    ask.eps_nano = INT64_MAX;
    MUST_FAIL(ERR_BUDGET, ledger_reserve(&cx, &party, ask));
    ask.eps_nano = EPS_NONE;
    MUST_FAIL(ERR_POLICY, ledger_reserve(&cx, &party, ask));
    ask = (struct budget){.eps_nano = 1, .delta_atto = 1};
    MUST_FAIL(ERR_BUDGET, ledger_reserve(&cx, &party, ask));
    MUST(ledger_adjust(&cx, &wards, ada_project, "", 3 * NANO, 0, NULL));
    ask = (struct budget){.eps_nano = 3 * NANO + 1};
    cr_assert_eq(ledger_reserve(&cx, &party, ask), ERR_BUDGET);
    cr_assert_not_null(strstr(cx.diag.extra, "\"cap\":\"project\""));
    diag_clear(&cx.diag);
    MUST(ledger_adjust(&cx, &wards, ada_project, ada, NANO, 0, NULL));
    ask = (struct budget){.eps_nano = NANO + 1};
    cr_assert_eq(ledger_reserve(&cx, &party, ask), ERR_BUDGET);
    cr_assert_str_eq(cx.diag.extra,
        "{\"requested\":\"1.000000001\",\"free\":\"1\",\"cap\":\"researcher\"}");
    diag_clear(&cx.diag);
    ask.eps_nano = NANO;
    MUST(ledger_reserve(&cx, &party, ask));
    MUST(ledger_verify(&cx, wards.id));
}

Test(ledger, moves_all_caps_of_a_job_or_none)
{
    struct job j = job_running(1, NANO);
    struct ledger_party party = job_party(&j);

    edit_by_hand("DELETE FROM cap WHERE kind = 'project'");
    MUST_FAIL(ERR_DB, ledger_settle(&cx, &party));
    must_be(cap_of(&j, CAP_DATASET), 5 * NANO, 0, NANO);
}

Test(ledger, lowers_no_delta_below_its_use)
{
    struct dataset ds = dataset_made("zcdp", NANO, ATTO / 1000000);
    struct ledger_party who = {ds.id, ada_project, ada, "job", ds.accounting};
    struct cap cap;

    MUST(ledger_cap(&cx, CAP_DATASET, &who, &cap));
    MUST(ledger_reserve(
        &cx, &who, (struct budget){.rho_nano = 1, .delta_atto = cap.limit_atto}));
    MUST_FAIL(ERR_BUDGET,
        ledger_adjust(&cx, &ds, "", "", 2 * NANO, ATTO / 1000000 - 2, NULL));
    MUST(ledger_adjust(&cx, &ds, "", "", NANO, ATTO / 1000000, NULL));
}

Test(ledger, lowers_no_cap_below_its_use)
{
    struct job j = job_running(1, 2 * NANO);

    cr_assert_eq(charged(&j, 1, NANO), LEDGER_PAID);
    MUST_FAIL(ERR_BUDGET, ledger_adjust(&cx, &wards, "", "", 2 * NANO - 1, 0, NULL));
    MUST_FAIL(ERR_BUDGET, ledger_adjust(&cx, &wards, ada_project, "", NANO, 0, NULL));
    MUST(ledger_adjust(&cx, &wards, "", "", 2 * NANO, 0, NULL));
    MUST(ledger_adjust(&cx, &wards, ada_project, "", 4 * NANO, 0, NULL));
    MUST(ledger_adjust(&cx, &wards, ada_project, "", 3 * NANO, 0, NULL));
    must_be(cap_of(&j, CAP_PROJECT), 3 * NANO, NANO, NANO);
    MUST(ledger_verify(&cx, wards.id));
}

Test(ledger, serves_a_kept_answer_free)
{
    struct job j = job_running(1, NANO);
    struct ledger_party party = job_party(&j);
    struct ledger_charge again = {.run_id = j.run_id,
        .job_version = j.version,
        .data_version = j.data_version,
        .measurement = {{1, 1}},
        .price = {.eps_nano = NANO}};
    enum ledger_verdict verdict;
    const char *answer;

    cr_assert_eq(charged(&j, 1, NANO), LEDGER_PAID);
    cr_assert_eq(
        charged(&j, 1, NANO), LEDGER_PAID_BEFORE, "paid, and its answer never left");
    MUST(ledger_keep(
        &cx, j.id, j.version, j.data_version, again.measurement, STR("{\"value\":7}")));
    MUST(ledger_charge(&cx, &party, &again, &verdict, &answer));
    cr_assert_eq(verdict, LEDGER_STORED);
    cr_assert_str_eq(answer, "{\"value\":7}");
    must_be(cap_of(&j, CAP_JOB), NANO, NANO, 0);
    MUST_FAIL(ERR_CONFLICT,
        ledger_keep(&cx, j.id, j.version, j.data_version, again.measurement,
            STR("{\"value\":8}")));
    MUST_FAIL(ERR_CONFLICT,
        ledger_keep(
            &cx, j.id, j.version, j.data_version, (struct digest){{9}}, STR("{}")));
    again.data_version++; /* other data are another question */
    MUST(ledger_charge(&cx, &party, &again, &verdict, &answer));
    cr_assert_eq(verdict, LEDGER_REFUSED);
    again.data_version--;
    again.job_version++; /* so is another text */
    MUST(ledger_charge(&cx, &party, &again, &verdict, &answer));
    cr_assert_eq(verdict, LEDGER_REFUSED);
    j = job_running(2, NANO); /* and another job */
    cr_assert_eq(charged(&j, 1, NANO), LEDGER_PAID);
}

Test(ledger, counts_rho_in_zcdp)
{
    struct dataset ds = dataset_made("zcdp", NANO, ATTO / 1000000);
    struct ledger_party party = {ds.id, ada_project, ada, "", ds.accounting};
    struct budget limit;
    struct cap cap;

    MUST(ledger_cap(&cx, CAP_DATASET, &party, &cap));
    MUST(accountant_limit(&cx.diag, ds.accounting, NANO, ATTO / 1000000, &limit));
    must_be(cap, limit.rho_nano, 0, 0);
    cr_assert_eq(cap.limit_atto, limit.delta_atto);
    MUST(ledger_verify(&cx, ds.id));
}

/* Each edit is one that a hand in the file could make; each must show. */
struct edit {
    char sql[160];
};

ParameterizedTestParameters(ledger, verify_shows_what_a_hand_changed)
{
    static struct edit edits[] = {
        {"DROP TRIGGER ledger_no_update; UPDATE ledger SET price_eps_nano = 1 "
         "WHERE kind = 'charge'"},
        {"DROP TRIGGER ledger_no_update; UPDATE ledger SET job_id = '' WHERE seq = 2"},
        {"DROP TRIGGER ledger_no_delete; DELETE FROM ledger WHERE kind = 'charge'"},
        {"DROP TRIGGER ledger_no_delete; DELETE FROM ledger WHERE kind = 'settle'"},
        {"UPDATE cap SET spent_nano = spent_nano - 1 WHERE kind = 'dataset'"},
        {"UPDATE cap SET limit_nano = limit_nano + 1 WHERE kind = 'dataset'"},
        {"UPDATE cap SET spent_nano = 0 WHERE kind = 'researcher'"},
        {"DELETE FROM cap WHERE kind = 'project'"},
        {"DELETE FROM measurement"},
        {"DROP TRIGGER audit_no_delete; DELETE FROM audit WHERE verb = "
         "'budget.charge'"},
    };

    return cr_make_param_array(struct edit, edits, sizeof edits / sizeof edits[0]);
}

ParameterizedTest(struct edit *edit, ledger, verify_shows_what_a_hand_changed)
{
    struct job j = job_running(1, NANO);
    struct ledger_party party = job_party(&j);

    cr_assert_eq(charged(&j, 1, NANO / 4), LEDGER_PAID);
    MUST(ledger_settle(&cx, &party));
    MUST(ledger_verify_all(&cx));
    edit_by_hand(edit->sql);
    MUST_FAIL(ERR_CONFLICT, ledger_verify_all(&cx));
}

/* Eight at once against room for five: no two interleave, so that exactly five fit. */
struct racer {
    const struct job *job;
    enum err result;
};

static void *
race(void *arg)
{
    struct racer *r = arg;
    struct ledger_party party = job_party(r->job);
    struct ctx own = {
        .arena = arena_new(1 << 20), .site = &site, .actor.roles = ROLE_SYSTEM};

    own.db = db_take(site.db, DB_RW);
    r->result = ledger_reserve(&own, &party, (struct budget){.eps_nano = NANO});
    db_give(site.db, own.db);
    arena_free(own.arena);
    return NULL;
}

Test(ledger, serves_five_of_eight)
{
    struct racer racers[8];
    struct job jobs[8];
    pthread_t threads[8];
    int served = 0;

    for (int i = 0; i < 8; i++) {
        jobs[i] = job_checked(i, NANO);
        racers[i] = (struct racer){&jobs[i], ERR_INTERNAL};
    }
    db_give(site.db, cx.db);
    for (int i = 0; i < 8; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    for (int i = 0; i < 8; i++) {
        pthread_join(threads[i], NULL);
        cr_assert(racers[i].result == ERR_OK || racers[i].result == ERR_BUDGET);
        served += racers[i].result == ERR_OK;
    }
    cx.db = db_take(site.db, DB_RW);
    cr_assert_eq(served, 5);
    MUST(ledger_verify(&cx, wards.id));
}
