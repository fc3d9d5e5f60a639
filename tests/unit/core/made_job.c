/* made_job.c -- jobs brought to a state without a sandbox. */
#include "tests/unit/core/made_job.h"

#include "datasite/core/grant.h"
#include "datasite/core/project.h"
#include "datasite/core/review.h"
#include "datasite/core/run.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

const char *olive, *ada, *bob;
struct dataset wards;
char ada_project[ID_BYTES], bob_project[ID_BYTES];

static const char columns[] =
    "{\"unit\":null,\"columns\":[{\"name\":\"ward\",\"type\":\"category\","
    "\"categories\":[\"A\",\"B\"]}]}";

void
as_owner(void)
{
    act_as(olive, ROLE_OWNER);
}

void
as_ada(void)
{
    act_as(ada, ROLE_RESEARCHER);
}

void
as_system(void)
{
    cx.actor = (struct actor){.roles = ROLE_SYSTEM};
}

/* As dp-only, but that the end of a run is shown when it comes. */
static const char plain[] =
    "{\"name\":\"plain\",\"title\":\"Plain\",\"description\":\"\",\"lanes\":{\"dp\":"
    "{\"release\":\"auto\"}},\"approvals\":1,\"approval_days\":30}";

struct dataset
dataset_made(const char *name, int64_t epsilon_nano, int64_t delta_atto)
{
    json_auto_t *schema = NULL, *policy = NULL;
    struct csv_report report = {.rows = 3};
    struct dataset_draft draft = {.name = name,
        .title = "Wards",
        .description = "",
        .epsilon_nano = epsilon_nano,
        .delta_atto = delta_atto};
    struct dataset ds;
    int64_t version;

    MUST(json_parse(&cx.diag, str_of(columns), &schema));
    MUST(json_parse(&cx.diag, STR(plain), &policy));
    draft.schema = schema;
    draft.policy = policy;
    as_owner();
    MUST(dataset_create(&cx, &draft, &ds));
    MUST(dataset_data_begin(&cx, &ds, &version));
    MUST(dataset_data_commit(&cx, &ds, version, &report));
    MUST(dataset_mock_set(&cx, &ds, STR("ward\nA\n"), 1, "uploaded"));
    MUST(dataset_open(&cx, &ds));
    MUST(grant_put(&cx, ds.id, ada));
    MUST(grant_put(&cx, ds.id, bob));
    return ds;
}

static void
project_made(const char *user_id, char out[ID_BYTES])
{
    const char *names[] = {"wards"};
    struct project_draft draft = {.title = "Stays",
        .purpose = "To know.",
        .datasets = names,
        .datasets_n = 1,
        .datasets_given = true};
    struct project project;

    act_as(user_id, ROLE_RESEARCHER);
    MUST(project_create(&cx, &draft, &project));
    snprintf(out, ID_BYTES, "%s", project.id);
}

void
job_site_make(void)
{
    site_make();
    cx.now = clock_wall(); /* the queue's clock: approvals run out */
    snprintf(site.name, sizeof site.name, "Test");
    snprintf(site.runtime, sizeof site.runtime, "runtime 1");
    olive = user_made("olive@example.org", ROLE_OWNER);
    ada = user_made("ada@example.org", ROLE_RESEARCHER);
    bob = user_made("bob@example.org", ROLE_RESEARCHER);
    wards = dataset_made("wards", 5 * NANO, 0);
    project_made(ada, ada_project);
    project_made(bob, bob_project);
    as_system();
}

void
wards_policy(const char *text)
{
    json_auto_t *policy = NULL;

    MUST(json_parse(&cx.diag, str_of(text), &policy));
    as_owner();
    MUST(dataset_policy_set(&cx, &wards, policy));
    as_system();
}

struct job
job_submitted(int n, int64_t epsilon_nano)
{
    char source[64];
    struct job_draft draft = {.project_id = ada_project,
        .dataset = "wards",
        .title = "How many",
        .question = "",
        .lane = "dp",
        .epsilon_nano = epsilon_nano,
        .delta_atto = -1};
    struct job j;

    snprintf(source, sizeof source, "return %d", n);
    draft.source = str_of(source);
    as_ada();
    MUST(job_submit(&cx, &draft, &j));
    as_system();
    return j;
}

struct job
job_checked(int n, int64_t hold_nano)
{
    struct job j = job_submitted(n, hold_nano);

    MUST(db_run(cx.db, &cx.diag, NULL, STMT_JOB_VERSION_CHECKED, j.id, j.version, "[]",
        "{}", "{\"failure\":null}", "{}", hold_nano, INT64_C(0)));
    MUST(job_move(&cx, &j, JOB_IN_REVIEW, NULL));
    return j;
}

struct job
job_approved(int n, int64_t hold_nano)
{
    struct job j = job_checked(n, hold_nano);
    struct review_draft draft = {.version = j.version,
        .source_sha256 = j.source_sha256,
        .decision = DECISION_APPROVE,
        .comment = ""};
    struct review review;

    as_owner();
    MUST(review_decide(&cx, &j, &draft, &review));
    as_system();
    MUST(job_by_id(&cx, j.id, &j));
    return j;
}

struct job
job_running(int n, int64_t hold_nano)
{
    struct job j = job_approved(n, hold_nano);
    TXN_SCOPE(txn);

    MUST(txn_begin(&txn, cx.db, &cx.diag));
    MUST(job_move(&cx, &j, JOB_QUEUED, NULL));
    MUST(run_begin(&cx, &j));
    MUST(txn_commit(&txn, &cx.diag));
    MUST(job_by_id(&cx, j.id, &j));
    return j;
}

enum ledger_verdict
charged(const struct job *j, int n, int64_t eps_nano)
{
    struct ledger_party party = job_party(j);
    struct ledger_charge charge = {.run_id = j->run_id,
        .job_version = j->version,
        .data_version = j->data_version,
        .measurement = {{(uint8_t)n, 1}},
        .label = "count",
        .mechanism = "discrete_laplace",
        .error95 = "3",
        .plan_json = "{}",
        .price = {.eps_nano = eps_nano, .rho_nano = eps_nano / 2}};
    enum ledger_verdict verdict;
    const char *answer;

    MUST(ledger_charge(&cx, &party, &charge, &verdict, &answer));
    return verdict;
}
