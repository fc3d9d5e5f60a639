/* population_test.c -- one cap over several datasets: whatever the order of acts, no cap
 * is exceeded; a frozen budget stands still. */
#include "datasite/core/budget.h"
#include "datasite/core/population.h"
#include "datasite/core/project.h"
#include "tests/unit/core/made_job.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define JOBS  18
#define STEPS 600

static struct dataset beds;
static struct population people;
static char projects[3][ID_BYTES]; /* two of ada's, one of bob's */

static void
project_made(const char *user_id, char out[ID_BYTES])
{
    const char *names[] = {"beds", "wards"};
    struct project_draft draft = {.title = "Stays",
        .purpose = "To know.",
        .datasets = names,
        .datasets_n = 2,
        .datasets_given = true};
    struct project project;

    act_as(user_id, ROLE_RESEARCHER);
    MUST(project_create(&cx, &draft, &project));
    snprintf(out, ID_BYTES, "%s", project.id);
}

/* Two datasets of epsilon 5 each under a population of epsilon 6. */
static void
population_made(void)
{
    job_site_make();
    beds = dataset_made("beds", 5 * NANO, 0);
    project_made(ada, projects[0]);
    project_made(ada, projects[1]);
    project_made(bob, projects[2]);
    as_system();
    MUST(population_create(&cx, "people", 6 * NANO, 0, &people));
    MUST(population_join(&cx, &people, &wards));
    MUST(population_join(&cx, &people, &beds));
}

TestSuite(population, .init = population_made, .fini = site_drop);

/* A job of any of the three projects on either dataset; its party for the ledger. */
static struct ledger_party
asked(int n)
{
    const char *user = n % 3 == 2 ? bob : ada;
    char source[64];
    struct job_draft draft = {.project_id = projects[n % 3],
        .dataset = n % 2 ? "beds" : "wards",
        .title = "How many",
        .question = "",
        .lane = "dp",
        .epsilon_nano = NANO,
        .delta_atto = -1};
    struct job j;

    snprintf(source, sizeof source, "return %d", n);
    draft.source = str_of(source);
    act_as(user, ROLE_RESEARCHER);
    MUST(job_submit(&cx, &draft, &j));
    as_system();
    return job_party(&j);
}

static enum ledger_verdict
pay(const struct ledger_party *who, int n, int64_t nano)
{
    struct ledger_charge charge = {.run_id = "run",
        .job_version = 1,
        .data_version = 1,
        .measurement = {{(uint8_t)n, (uint8_t)(n >> 8)}},
        .label = "count",
        .mechanism = "discrete_laplace",
        .error95 = "3",
        .plan_json = "{}",
        .price = {.eps_nano = nano}};
    enum ledger_verdict verdict;
    const char *answer;

    MUST(ledger_charge(&cx, who, &charge, &verdict, &answer));
    return verdict;
}

/* ledger_reserve that may be refused for want of room. */
static bool
hold(const struct ledger_party *who, int64_t nano)
{
    enum err err = ledger_reserve(&cx, who, (struct budget){.eps_nano = nano});

    cr_assert(err == ERR_OK || err == ERR_BUDGET, "%s", cx.diag.text);
    diag_clear(&cx.diag);
    return err == ERR_OK;
}

Test(population, binds_what_each_dataset_would_allow)
{
    struct ledger_party one = asked(0), two = asked(1);
    struct budget_view view;

    cr_assert(hold(&one, 4 * NANO));
    cr_assert(!hold(&two, 2 * NANO + 1));
    MUST_FAIL(ERR_BUDGET,
        ledger_reserve(&cx, &two, (struct budget){.eps_nano = 2 * NANO + 1}));
    as_owner();
    MUST(budget_view(&cx, &wards, &view));
    cr_assert_eq(view.free_nano, NANO);
    MUST(budget_view(&cx, &beds, &view));
    cr_assert_eq(view.free_nano, 2 * NANO, "what the population leaves");
    as_system();
    cr_assert(hold(&two, 2 * NANO));
    edit_by_hand("UPDATE population SET reserved_nano = 0");
    cr_assert_eq(pay(&one, 1, NANO), LEDGER_REFUSED);
    edit_by_hand("UPDATE population SET reserved_nano = 6000000000");
    cr_assert_eq(pay(&one, 1, NANO), LEDGER_PAID);
    MUST(ledger_settle(&cx, &one));
    MUST(population_by_id(&cx, people.id, &people));
    cr_assert_eq(people.cap.spent_nano, NANO);
    cr_assert_eq(people.cap.reserved_nano, 2 * NANO);
    MUST_FAIL(ERR_BUDGET, population_set(&cx, &people, 3 * NANO - 1, NULL));
    MUST(population_set(&cx, &people, 3 * NANO, NULL));
    MUST(ledger_verify_all(&cx));
}

Test(population, takes_over_what_a_dataset_used_before)
{
    struct dataset old = dataset_made("old", 5 * NANO, 0);
    struct dataset mixed = dataset_made("mixed", NANO, 1000000);
    struct ledger_party who = asked(0);
    struct population small;

    who.dataset_id = old.id;
    as_system();
    cr_assert(hold(&who, 2 * NANO));
    MUST(population_create(&cx, "small", 2 * NANO - 1, 0, &small));
    MUST_FAIL(ERR_BUDGET, population_join(&cx, &small, &old));
    MUST_FAIL(ERR_CONFLICT, population_join(&cx, &small, &mixed));
    MUST_FAIL(ERR_CONFLICT, population_join(&cx, &small, &wards));
    MUST(population_join(&cx, &people, &old));
    cr_assert_eq(people.cap.reserved_nano, 2 * NANO);
    MUST(population_join(&cx, &people, &old));
    cr_assert_eq(people.cap.reserved_nano, 2 * NANO, "it joins once");
}

/* What the ledger must say, kept by hand. */
struct model {
    struct ledger_party party[JOBS];
    int64_t held[JOBS]; /* -1: not reserved now */
    int64_t spent, reserved;
};

/* The same numbers on every machine. */
static unsigned
drawn(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (unsigned)(*seed >> 33);
}

static void
model_step(struct model *m, uint64_t *seed, int step)
{
    unsigned i = drawn(seed) % JOBS, act = drawn(seed) % 4;
    int64_t nano = (int64_t)drawn(seed) % NANO;

    if (m->held[i] < 0 && hold(&m->party[i], nano)) {
        m->held[i] = nano;
        m->reserved += nano;
    } else if (m->held[i] >= 0 && act == 0) {
        MUST(ledger_settle(&cx, &m->party[i]));
        m->reserved -= m->held[i];
        m->held[i] = -1;
    } else if (m->held[i] >= 0) {
        bool fits = nano / 2 <= m->held[i];
        cr_assert_eq(pay(&m->party[i], step, nano / 2) == LEDGER_PAID, fits);
        if (fits) {
            m->held[i] -= nano / 2;
            m->reserved -= nano / 2;
            m->spent += nano / 2;
        }
    }
}

Test(population, adds_up_in_any_order)
{
    struct model m = {0};
    uint64_t seed = 20;

    for (int i = 0; i < JOBS; i++) {
        m.party[i] = asked(i);
        m.held[i] = -1;
    }
    for (int step = 0; step < STEPS; step++) {
        ARENA_SCOPE(arena, REQUEST_ARENA_BYTES);
        struct arena *outer = cx.arena;

        cx.arena = arena;
        model_step(&m, &seed, step);
        cx.arena = outer;
        cr_assert_leq(m.spent + m.reserved, 6 * NANO);
    }
    MUST(population_by_id(&cx, people.id, &people));
    cr_assert_eq(people.cap.spent_nano, m.spent);
    cr_assert_eq(people.cap.reserved_nano, m.reserved);
    cr_assert_gt(m.spent, 3 * NANO, "the population was used");
    MUST(ledger_verify_all(&cx));
}

Test(population, shows_what_a_hand_changed)
{
    struct ledger_party who = asked(0);

    cr_assert(hold(&who, NANO));
    MUST(ledger_verify_all(&cx));
    MUST(db_run(cx.db, &cx.diag, NULL, STMT_POPULATION_MOVE, wards.id, INT64_C(-1),
        INT64_C(0), INT64_C(0), INT64_C(0)));
    MUST_FAIL(ERR_CONFLICT, ledger_verify_all(&cx));
}

Test(population, keeps_its_datasets)
{
    MUST_FAIL(ERR_CONFLICT,
        db_run(cx.db, &cx.diag, NULL, STMT_POPULATION_JOIN, wards.id, people.id,
            INT64_C(1)));
}

/* Freezing, which binds a dataset whether it has a population or not */

Test(population, a_frozen_budget_stands_still)
{
    struct ledger_party who = asked(0), other = asked(2);

    cr_assert(hold(&who, NANO));
    cr_assert_eq(pay(&who, 1, 1), LEDGER_PAID);
    as_owner();
    MUST(budget_freeze(&cx, &wards, "A complaint."));
    as_system();
    cr_assert_eq(pay(&who, 1, 1), LEDGER_PAID_BEFORE, "what was paid stays paid");
    cr_assert_eq(pay(&who, 2, 1), LEDGER_REFUSED);
    MUST_FAIL(ERR_FROZEN, ledger_reserve(&cx, &other, (struct budget){.eps_nano = 1}));
    MUST(ledger_settle(&cx, &who));
    as_owner();
    MUST(budget_thaw(&cx, &wards));
    as_system();
    cr_assert(hold(&other, 1));
    MUST(ledger_verify_all(&cx));
}

Test(population, a_freeze_has_a_reason_and_stands_once)
{
    as_owner();
    MUST_FAIL(ERR_UNPROCESSABLE, budget_freeze(&cx, &wards, ""));
    MUST_FAIL(ERR_CONFLICT_STATE, budget_thaw(&cx, &wards));
    MUST(budget_freeze(&cx, &wards, "A complaint."));
    MUST_FAIL(ERR_CONFLICT_STATE, budget_freeze(&cx, &wards, "Another."));
    MUST(budget_thaw(&cx, &wards));
}

/* A row that comes past the checks of the program. */
static enum err
row_put(int64_t seq, const char *kind)
{
    return db_run(cx.db, &cx.diag, NULL, STMT_LEDGER_INSERT, wards.id, seq, cx.now.us,
        kind, "job", "", "", "", "", "", "", "", INT64_C(0), INT64_C(0), INT64_C(0),
        INT64_C(0), INT64_C(0), INT64_C(0), INT64_C(0), INT64_C(0), INT64_C(0), "");
}

Test(population, the_table_of_a_frozen_budget_takes_back_alone)
{
    MUST(row_put(100, "reserve"));
    as_owner();
    MUST(budget_freeze(&cx, &wards, "A complaint."));
    MUST_FAIL(ERR_DB, row_put(101, "reserve"));
    MUST_FAIL(ERR_DB, row_put(101, "charge"));
    MUST(row_put(101, "settle"));
    MUST(budget_thaw(&cx, &wards));
    MUST(row_put(102, "charge"));
}

Test(population, what_waits_for_a_run_waits_for_the_thaw)
{
    struct job j = job_approved(77, NANO);
    const char *id;

    as_owner();
    MUST(budget_freeze(&cx, &wards, "A complaint."));
    MUST_FAIL(ERR_NOT_FOUND,
        db_one(cx.db, &cx.diag, cx.arena, STMT_JOB_CLAIM_RUN, INT64_C(4), &id));
    MUST(budget_thaw(&cx, &wards));
    MUST(db_one(cx.db, &cx.diag, cx.arena, STMT_JOB_CLAIM_RUN, INT64_C(4), &id));
    cr_assert_str_eq(id, j.id);
}
