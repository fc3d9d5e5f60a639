/* gate.c -- the first gate: looks at a submitted job before a person has to. */
#include "datasite/core/gate.h"

#include "datasite/core/adverse.h"
#include "datasite/core/event.h"
#include "datasite/core/lease.h"
#include "datasite/core/quote.h"
#include "datasite/core/template.h"
#include "policies/schema_value.h"

#include <stdio.h>
#include <string.h>

/* A job at the gate, and what there is to look at. */
struct visit {
    struct job job;
    struct dataset ds;
    struct job_version version;
    struct check_ask ask;
    json_t *outputs; /* as submitted, owned */
    struct expect_words words;
};

static void
visit_release(struct visit *v)
{
    json_decref(v->outputs);
}

static enum err
visit_load(struct ctx *cx, const char *job_id, struct visit *v)
{
    LEASE_SCOPE(lease, cx, DB_RO);

    TRY(job_by_id(cx, job_id, &v->job));
    TRY(dataset_by_id(cx, v->job.dataset_id, &v->ds));
    TRY(job_version_by(cx, &v->job, v->job.version, &v->version));
    TRY(check_ask_init(cx, &v->ds, str_of(v->version.source), v->job.lane, &v->ask));
    check_promise(&v->ask, &v->job);
    TRY(json_parse(&cx->diag, str_of(v->job.outputs_json), &v->outputs));
    v->words = (struct expect_words){.question = v->job.question,
        .outputs = v->outputs,
        .asked_nano = v->job.max_epsilon_nano};
    return dataset_hold(
        cx, &v->ds, v->job.max_epsilon_nano, v->job.max_delta_atto, &v->ask.cap);
}

/* One line of the list that author and reviewer read. code and params say the same as
 * detail to a page that speaks another language. */
struct line {
    const char *name, *code, *detail;
    bool met;
    json_t *params; /* consumed; NULL: none */
};

static bool
requirement(json_t *list, const struct line *l)
{
    json_array_append_new(list,
        json_pack("{s:s, s:b, s:s, s:s, s:o}", "name", l->name, "met", (int)l->met,
            "detail", l->detail, "code", l->code, "params",
            l->params != NULL ? l->params : json_object()));
    return l->met;
}

/* Could the caps hold this once nobody else holds anything? What is spent stays spent.
 * *at: the first that could not. */
static enum err
budget_could(struct ctx *cx, const struct visit *v, struct budget hold, bool *out,
    enum cap_kind *at)
{
    struct ledger_party who = job_party(&v->job);
    int64_t nano = accountant_amount(v->ds.accounting, hold);
    struct cap cap;

    *out = true;
    for (*at = CAP_POPULATION; *at < CAP_JOB; (*at)++) {
        TRY(ledger_cap(cx, *at, &who, &cap));
        *out = nano <= cap.limit_nano - cap.spent_nano &&
            hold.delta_atto <= cap.limit_atto - cap.spent_atto;
        if (!*out)
            return ERR_OK;
    }
    return ERR_OK;
}

/* The first finding of the policy's, or of all others; NULL: there is none. */
static const struct finding *
finding_first(const struct check_report *r, bool of_policy)
{
    for (size_t i = 0; i < r->scan.findings_n; i++) {
        bool is = strncmp(r->scan.findings[i].rule, CHECK_POLICY_RULE,
                      sizeof CHECK_POLICY_RULE - 1) == 0;
        if (is == of_policy)
            return &r->scan.findings[i];
    }
    return NULL;
}

static bool
finding_line(json_t *list, const struct check_report *r, bool of_policy)
{
    const struct finding *f = finding_first(r, of_policy);
    const char *name = of_policy ? "policy" : "text";

    if (f == NULL) {
        return requirement(list,
            &(struct line){name, of_policy ? "policy.allows" : "text.clean",
                of_policy ? "the policy of the dataset allows lane and columns"
                          : "nothing hidden, nothing forbidden",
                true, NULL});
    }
    return requirement(list,
        &(struct line){name, of_policy ? "policy.finding" : "text.finding", f->text,
            false, json_pack("{s:s, s:i}", "rule", f->rule, "line", f->line)});
}

static bool
purpose_line(json_t *list, const struct visit *v)
{
    const struct policy *p = &v->ask.policy;
    bool met = policy_purpose_ok(p, v->job.purpose);
    json_t *named = json_array();

    for (size_t i = 0; i < p->input.purposes_n; i++)
        json_array_append_new(named, json_string(p->input.purposes[i]));
    return requirement(list,
        &(struct line){"purpose", met ? "purpose.allowed" : "purpose.other",
            met ? "the purpose of the project is one that the policy allows"
                : "the purpose of the project begins with none that the policy allows",
            met, json_pack("{s:o}", "purposes", named)});
}

static bool
access_line(struct ctx *cx, json_t *list, const struct visit *v)
{
    const struct policy *p = &v->ask.policy;
    bool met = policy_day_ok(p, clock_day(cx->now));
    char day[32];

    return requirement(list,
        &(struct line){"access", met ? "access.open" : "access.over",
            met ? "the last day of access has not passed"
                : "the last day of access has passed",
            met, json_pack("{s:s}", "day", date_text(p->input.expires_day, day))});
}

/* Lines that stand only where the policy has such a rule. */
static bool
input_lines(struct ctx *cx, json_t *list, const struct visit *v)
{
    const struct policy_input *in = &v->ask.policy.input;
    bool ok = true;

    if (in->purposes_n > 0)
        ok &= purpose_line(list, v);
    if (in->expires_day != INT64_MAX)
        ok &= access_line(cx, list, v);
    if (in->context) {
        bool said = expect_context_said(&v->words);
        ok &= requirement(list,
            &(struct line){"context", said ? "context.said" : "context.missing",
                said ? "the question is asked in words and every output described"
                     : "say the question in words and describe every output",
                said, NULL});
    }
    return ok;
}

static bool
mock_line(json_t *list, const struct check_report *r)
{
    const struct outcome *o = &r->outcome;
    char text[640];

    if (!r->ran) {
        return requirement(list,
            &(struct line){"mock_run", "mock.not_run",
                "not run, because of what was found in the text", false, NULL});
    }
    if (o->kind == OUTCOME_OK) {
        return requirement(list,
            &(struct line){"mock_run", "mock.ran", "it ran to its end", true, NULL});
    }
    if (o->kind == OUTCOME_BUDGET) {
        return requirement(list,
            &(struct line){"mock_run", "mock.unpaid",
                "it ran until max_budget was spent", true, NULL});
    }
    if (o->line > 0)
        snprintf(text, sizeof text, "line %d: %s", o->line, o->text);
    else
        snprintf(text, sizeof text, "%s", o->text);
    return requirement(list,
        &(struct line){"mock_run", "mock.failed", text, false,
            json_pack("{s:s, s:o, s:s}", "kind", outcome_name(o->kind), "line",
                o->line > 0 ? json_integer(o->line) : json_null(), "text", o->text)});
}

static bool
price_line(json_t *list, const struct check_report *r)
{
    bool within = r->ran && r->outcome.kind != OUTCOME_BUDGET;

    return requirement(list,
        &(struct line){"price",
            within       ? "price.within"
                : r->ran ? "price.over"
                         : "price.unknown",
            within       ? "it stays within max_budget"
                : r->ran ? "it asks for more than its max_budget"
                         : "not known, because it was not run",
            within, NULL});
}

static enum err
budget_line(
    struct ctx *cx, json_t *list, const struct visit *v, struct budget hold, bool *met)
{
    char detail[200];
    enum cap_kind at;

    TRY(budget_could(cx, v, hold, met, &at));
    if (*met) {
        requirement(list,
            &(struct line){
                "budget", "budget.enough", "the budget can hold it", true, NULL});
        return ERR_OK;
    }
    snprintf(detail, sizeof detail,
        "the budget of the %s has less left than this job may spend", cap_name(at));
    requirement(list,
        &(struct line){"budget", "budget.short", detail, false,
            json_pack("{s:s}", "cap", cap_name(at))});
    return ERR_OK;
}

/* The list that author and reviewer read; *met: all of it holds. */
static enum err
requirements_json(struct ctx *cx, const struct visit *v, const struct check_report *r,
    json_t **out, bool *met)
{
    json_t *list = *out = json_array();
    bool could, ok = true;

    ok &= finding_line(list, r, false);
    ok &= finding_line(list, r, true);
    ok &= input_lines(cx, list, v);
    ok &= mock_line(list, r);
    ok &= price_line(list, r);
    TRY(budget_line(cx, list, v, r->hold, &could));
    *met = ok && could;
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

    TRY(text_of(cx, json_incref(requirements), &needs));
    TRY(text_of(cx,
        json_pack("{s:O, s:o, s:o, s:o}", "requirements", requirements, "findings",
            check_findings_json(r), "columns", check_columns_json(r, &v->ask.schema),
            "marks", check_marks_json(r)),
        &checks));
    TRY(text_of(cx, check_mock_json(r), &mock));
    TRY(text_of(cx, quote_json(r, &v->ask, &v->words), &quote));
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
    if (met)
        TRY(template_try(cx, &v->job));
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
    struct visit v __attribute__((cleanup(visit_release))) = {0};

    TRY(visit_load(cx, job_id, &v));
    if (v.job.state != JOB_CHECKING)
        return ERR_OK;
    TRY(check_run(cx, &v.ask, &report));
    TRY(adverse_run(cx, &v.ask, &report));
    return visit_end(cx, &v, &report);
}

enum err
gate_give_up(struct ctx *cx, const char *job_id)
{
    static const char needs[] =
        "[{\"code\":\"mock.unavailable\",\"detail\":\"the sandbox is not available: "
        "submit it again later\",\"met\":false,\"name\":\"mock_run\",\"params\":{}}]";
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
