/* gate.c -- the first gate: looks at a submitted job before a person has to. */
#include "datasite/core/gate.h"

#include "datasite/core/event.h"
#include "datasite/core/lease.h"

#include <stdio.h>

/* A job at the gate, and what there is to look at. */
struct visit {
    struct job job;
    struct dataset ds;
    struct job_version version;
    struct check_ask ask;
};

static enum err
visit_load(struct ctx *cx, const char *job_id, struct visit *v)
{
    LEASE_SCOPE(lease, cx, DB_RO);

    TRY(job_by_id(cx, job_id, &v->job));
    TRY(dataset_by_id(cx, v->job.dataset_id, &v->ds));
    TRY(job_version_by(cx, &v->job, v->job.version, &v->version));
    TRY(check_ask_init(cx, &v->ds, str_of(v->version.source), v->job.lane, &v->ask));
    v->ask.epsilon_nano = v->job.max_epsilon_nano;
    return dataset_hold(
        cx, &v->ds, v->job.max_epsilon_nano, v->job.max_delta_atto, &v->ask.cap);
}

static bool
requirement(json_t *list, const char *name, bool met, const char *detail)
{
    json_array_append_new(list,
        json_pack("{s:s, s:b, s:s}", "name", name, "met", (int)met, "detail", detail));
    return met;
}

/* Could the caps hold this once nobody else holds anything? What is spent stays
 * spent. */
static enum err
budget_could(struct ctx *cx, const struct visit *v, struct budget hold, bool *out,
    char detail[200])
{
    struct ledger_party who = job_party(&v->job);
    int64_t nano = accountant_amount(v->ds.accounting, hold);
    struct cap cap;

    *out = true;
    snprintf(detail, 200, "the budget can hold it");
    for (enum cap_kind kind = CAP_DATASET; kind < CAP_JOB; kind++) {
        TRY(ledger_cap(cx, kind, &who, &cap));
        if (nano <= cap.limit_nano - cap.spent_nano &&
            hold.delta_atto <= cap.limit_atto - cap.spent_atto)
            continue;
        *out = false;
        snprintf(detail, 200,
            "the budget of the %s has less left than this job may spend",
            kind == CAP_DATASET       ? "dataset"
                : kind == CAP_PROJECT ? "project"
                                      : "researcher");
        return ERR_OK;
    }
    return ERR_OK;
}

static const char *
mock_detail(const struct check_report *r, char text[640])
{
    if (!r->ran)
        return "not run, because of what was found in the text";
    if (r->outcome.kind == OUTCOME_OK)
        return "it ran to its end";
    snprintf(text, 640, "line %d: %s", r->outcome.line, r->outcome.text);
    return text;
}

/* The list that author and reviewer read; *met: all of it holds. */
static enum err
requirements_json(struct ctx *cx, const struct visit *v, const struct check_report *r,
    json_t **out, bool *met)
{
    json_t *list = *out = json_array();
    bool priced = !r->ran || r->outcome.kind != OUTCOME_BUDGET;
    bool ran = r->ran && (r->outcome.kind == OUTCOME_OK || !priced);
    bool could, ok = true;
    char text[640], budget[200];

    ok &= requirement(list, "text", r->scan.findings_n == 0,
        r->scan.findings_n == 0 ? "nothing hidden, nothing forbidden"
                                : r->scan.findings[0].text);
    ok &= requirement(list, "policy", v->ask.policy.lane_allowed[v->job.lane],
        "the policy of the dataset allows this lane");
    ok &= requirement(list, "mock_run", ran, mock_detail(r, text));
    ok &= requirement(list, "price", priced && r->ran,
        priced ? "it stays within max_budget" : "it asks for more than its max_budget");
    TRY(budget_could(cx, v, r->hold, &could, budget));
    ok &= requirement(list, "budget", could, budget);
    *met = ok;
    return ERR_OK;
}

static enum err
text_of(struct ctx *cx, json_t *owned, const char **out)
{
    json_auto_t *v = owned;
    BUF_SCOPE(text);

    buf_init(&text, REQUEST_ARENA_BYTES / 4);
    TRY(json_text(&cx->diag, v, &text));
    *out = text.full ? NULL : arena_strn(cx->arena, text.ptr, text.len);
    return *out != NULL
        ? ERR_OK
        : FAIL(&cx->diag, ERR_TOO_LARGE, "what the checks found needs too much memory");
}

static enum err
checks_store(struct ctx *cx, const struct visit *v, const struct check_report *r,
    json_t *requirements)
{
    const char *needs, *checks, *mock, *quote;
    json_auto_t *outputs = NULL;

    TRY(json_parse(&cx->diag, str_of(v->job.outputs_json), &outputs));
    TRY(text_of(cx, json_incref(requirements), &needs));
    TRY(text_of(cx,
        json_pack("{s:O, s:o, s:o, s:o}", "requirements", requirements, "findings",
            check_findings_json(r), "columns", check_columns_json(r, &v->ask.schema),
            "marks", check_marks_json(r)),
        &checks));
    TRY(text_of(cx, check_mock_json(r), &mock));
    TRY(text_of(cx, check_quote_json(r, &v->ask, outputs), &quote));
    return db_run(cx->db, &cx->diag, NULL, STMT_JOB_VERSION_CHECKED, v->job.id,
        v->version.number, needs, checks, mock, quote,
        accountant_amount(v->ds.accounting, r->hold), r->hold.delta_atto);
}

/* Stores and moves on, unless the author withdrew or revised it meanwhile. */
static enum err
visit_end(struct ctx *cx, struct visit *v, const struct check_report *r)
{
    json_auto_t *requirements = NULL;
    int64_t version = v->job.version;
    bool met;
    LEASE_SCOPE(lease, cx, DB_RW);
    TXN_SCOPE(txn);

    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(job_by_id(cx, v->job.id, &v->job));
    if (v->job.state != JOB_CHECKING || v->job.version != version)
        return ERR_OK;
    TRY(requirements_json(cx, v, r, &requirements, &met));
    TRY(checks_store(cx, v, r, requirements));
    TRY(job_move(cx, &v->job, met ? JOB_IN_REVIEW : JOB_BLOCKED,
        json_pack("{s:I}", "version", (json_int_t)version)));
    TRY(txn_commit(&txn, &cx->diag));
    event_wake();
    return ERR_OK;
}

static void
report_release_p(struct check_report *r)
{
    check_release(r);
}

enum err
gate_job(struct ctx *cx, const char *job_id)
{
    struct check_report report __attribute__((cleanup(report_release_p))) = {0};
    struct visit v;

    TRY(visit_load(cx, job_id, &v));
    if (v.job.state != JOB_CHECKING)
        return ERR_OK;
    TRY(check_run(cx, &v.ask, &report));
    return visit_end(cx, &v, &report);
}

enum err
gate_give_up(struct ctx *cx, const char *job_id)
{
    static const char needs[] =
        "[{\"detail\":\"the sandbox is not available: submit it "
        "again later\",\"met\":false,\"name\":\"mock_run\"}]";
    struct job job;
    LEASE_SCOPE(lease, cx, DB_RW);
    TXN_SCOPE(txn);

    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(job_by_id(cx, job_id, &job));
    if (job.state != JOB_CHECKING)
        return ERR_OK;
    TRY(db_run(cx->db, &cx->diag, NULL, STMT_JOB_VERSION_CHECKED, job.id, job.version,
        needs, NULL, NULL, NULL, INT64_C(0), INT64_C(0)));
    TRY(job_move(
        cx, &job, JOB_BLOCKED, json_pack("{s:I}", "version", (json_int_t)job.version)));
    return txn_commit(&txn, &cx->diag);
}
