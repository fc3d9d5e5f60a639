/* check.c -- what can be said about a source without private data. */
#include "datasite/core/check.h"

#include "datasite/base/check.h"
#include "datasite/base/fdio.h"
#include "datasite/core/jailtest.h"
#include "datasite/core/site.h"

#include <stdio.h>
#include <string.h>

#define MOCK_ANSWERS_BYTES_MAX (64 << 20)

/* Pays the measurements of a mock run by the rules of a real one: the same measurement
 * is answered once, and what the job may hold bounds what it may ask. */
struct mock_answer {
    struct mock_answer *next;
    struct digest measurement;
    struct str answer; /* ptr NULL: not kept */
};
struct mock_port {
    struct arena *arena;
    const struct check_ask *ask;
    struct mock_answer *answers;
    struct budget total;
    bool pure;     /* every price so far is pure */
    json_t *plans; /* of the questions, owned by the report */
};

enum err
check_ask_init(struct ctx *cx, const struct dataset *ds, struct str source,
    enum lane lane, struct check_ask *out)
{
    *out = (struct check_ask){.ds = ds,
        .source = source,
        .lane = lane,
        .epsilon_nano = ds->epsilon_nano,
        .delta_atto = ds->delta_atto};
    TRY(dataset_schema(cx, ds, &out->schema));
    TRY(dataset_policy(cx, ds, &out->policy));
    TRY(dataset_mock(cx, ds, &out->mock));
    return accountant_limit(
        &cx->diag, ds->accounting, ds->epsilon_nano, ds->delta_atto, &out->cap);
}

void
check_promise(struct check_ask *ask, const struct job *j)
{
    ask->epsilon_nano = j->max_epsilon_nano;
    if (j->max_delta_atto >= 0 && ask->ds->accounting == ACCOUNT_ZCDP)
        ask->delta_atto = j->max_delta_atto;
}

static struct mock_answer *
answer_find(const struct mock_port *p, struct digest measurement)
{
    for (struct mock_answer *a = p->answers; a != NULL; a = a->next) {
        if (digest_eq(a->measurement, measurement))
            return a;
    }
    return NULL;
}

/* May the total grow to this? */
static bool
mock_may(const struct mock_port *p, struct budget total, bool pure)
{
    const struct check_ask *ask = p->ask;
    struct budget none = {0};

    if (accountant_fits(ask->ds->accounting, ask->cap, none, total))
        return true;
    return ask->ds->accounting == ACCOUNT_ZCDP && pure && total.delta_atto == 0 &&
        total.eps_nano <= ask->epsilon_nano;
}

static enum err
plan_note(struct mock_port *p, struct diag *d, const char *plan_json)
{
    json_t *plan;

    TRY(json_parse(d, str_of(plan_json), &plan));
    return json_array_append_new(p->plans, plan) == 0
        ? ERR_OK
        : FAIL(d, ERR_INTERNAL, "no memory for a plan");
}

static enum err
mock_charge(void *self, struct diag *d, const struct charge_ask *ask,
    enum charge_verdict *verdict, struct buf *answer)
{
    struct mock_port *p = self;
    struct mock_answer *a = answer_find(p, ask->measurement);
    struct budget total = p->total;
    bool pure = p->pure && ask->price.eps_nano != EPS_NONE;

    if (a != NULL) {
        *verdict = a->answer.ptr != NULL ? CHARGE_STORED : CHARGE_PAID_BEFORE;
        buf_add(answer, a->answer.ptr, a->answer.len);
        return ERR_OK;
    }
    if (!accountant_add(&total, ask->price) || !mock_may(p, total, pure)) {
        *verdict = CHARGE_REFUSED;
        buf_addz(answer, "what may be spent here does not cover this measurement");
        return ERR_OK;
    }
    a = arena_array(p->arena, sizeof *a, 1);
    if (a == NULL)
        return FAIL(d, ERR_TOO_LARGE, "the mock run asks too much");
    TRY(plan_note(p, d, ask->plan_json));
    a->measurement = ask->measurement;
    a->next = p->answers;
    p->answers = a;
    p->total = total;
    p->pure = pure;
    *verdict = CHARGE_PAID;
    return ERR_OK;
}

static enum err
mock_keep(void *self, struct diag *d, struct digest measurement, struct str answer)
{
    struct mock_port *p = self;
    struct mock_answer *a = answer_find(p, measurement);

    if (a == NULL)
        return FAIL(d, ERR_SANDBOX, "an answer to a question that nobody asked");
    a->answer.len = answer.len;
    a->answer.ptr = arena_strn(p->arena, answer.ptr, answer.len);
    return a->answer.ptr != NULL ? ERR_OK
                                 : FAIL(d, ERR_TOO_LARGE, "the mock run asks too much");
}

/* math.random is public: the same source draws the same numbers, on mock and real. */
static uint64_t
seed_of(struct str source)
{
    struct digest g = digest_sha256(source);
    uint64_t seed;

    memcpy(&seed, g.b, sizeof seed);
    return seed;
}

struct order
check_order(const struct check_ask *ask, const char *run_id, const bool *columns)
{
    const struct policy *p = &ask->policy;

    return (struct order){
        .run_id = run_id,
        .dataset_name = ask->ds->name,
        .source = ask->source,
        .schema_json = str_of(ask->ds->schema_json),
        .lane = ask->lane,
        .accounting = ask->ds->accounting,
        .cap = ask->cap,
        .promise = {ask->epsilon_nano, ask->delta_atto, ask->ds->delta_atto},
        .rows_assumed = ask->ds->mock_rows,
        .key_persons_min = p->key_persons_min,
        .seed = seed_of(ask->source),
        .limits = {.cpu_ms = p->cpu_ms_max,
            .wall_ms = p->wall_ms_max,
            .memory_bytes = p->memory_bytes_max,
            .questions_max = p->questions_max,
            .output_bytes_max = p->output_bytes_max},
        .output = p->output,
        .columns = columns,
        .mock_fd = -1,
    };
}

/* What an approval must hold. Pure: what was asked for. zCDP: that in rho, or what the
 * pure answers of the mock run cost in rho when their epsilons stayed within it; of
 * delta, what the mock run used. */
static struct budget
hold_needed(const struct check_ask *ask, const struct mock_port *p)
{
    struct budget hold = ask->cap;

    hold.delta_atto = p->total.delta_atto;
    if (ask->ds->accounting == ACCOUNT_ZCDP && p->pure &&
        p->total.eps_nano <= ask->epsilon_nano && p->total.rho_nano > hold.rho_nano)
        hold.rho_nano = p->total.rho_nano;
    return hold;
}

static enum err
mock_run(struct ctx *cx, const struct check_ask *ask, struct check_report *out)
{
    ARENA_SCOPE(arena, MOCK_ANSWERS_BYTES_MAX);
    struct mock_port self = {
        .arena = arena, .ask = ask, .pure = true, .plans = out->plans};
    struct run_port port = {.self = &self, .charge = mock_charge, .keep = mock_keep};
    char run_id[ID_BYTES];
    struct order order = check_order(ask, id_new("run", run_id), out->scan.columns);
    FD_SCOPE(fd) = -1;

    if (arena == NULL)
        return FAIL(&cx->diag, ERR_INTERNAL, "no memory for a mock run");
    TRY(jailtest_await(cx->site, &cx->diag));
    TRY(memfd_of(&cx->diag, "mock", ask->mock, &fd));
    order.mock_fd = fd;
    TRY(runner_run(cx->site->runner, &cx->diag, &order, &port, &out->outcome));
    out->ran = true;
    out->total = self.total;
    out->hold = hold_needed(ask, &self);
    return ERR_OK;
}

/* One more finding than the scanner's own. */
static enum err
finding_add(struct ctx *cx, struct codescan *scan, const char *rule, const char *text)
{
    struct finding *grown;

    NEW(cx, grown, scan->findings_n + 1);
    if (scan->findings_n > 0)
        memcpy(grown, scan->findings, scan->findings_n * sizeof *grown);
    snprintf(grown[scan->findings_n].rule, sizeof grown->rule, "%s", rule);
    snprintf(grown[scan->findings_n].text, sizeof grown->text, "%s", text);
    scan->findings = grown;
    scan->findings_n++;
    return ERR_OK;
}

/* What the policy has against the text. */
static enum err
policy_findings(struct ctx *cx, const struct check_ask *ask, struct codescan *scan)
{
    const struct policy *p = &ask->policy;
    char text[160], size[32];

    if (!policy_lane_ok(p, ask->lane)) {
        TRY(finding_add(cx, scan, CHECK_POLICY_RULE "lane",
            "the policy of this dataset does not allow this lane"));
    }
    if (!policy_source_ok(p, ask->source.len)) {
        snprintf(text, sizeof text, "the policy allows sources of %s",
            size_text(p->input.source_bytes_max, size));
        TRY(finding_add(cx, scan, CHECK_POLICY_RULE "source-bytes", text));
    }
    for (size_t i = 0; i < ask->schema.columns_n; i++) {
        const char *name = ask->schema.columns[i].name;

        if (!scan->columns[i] || policy_column_ok(p, name))
            continue;
        snprintf(text, sizeof text, "the policy does not allow the column %s", name);
        TRY(finding_add(cx, scan, CHECK_POLICY_RULE "column", text));
    }
    return ERR_OK;
}

enum err
check_run(struct ctx *cx, const struct check_ask *ask, struct check_report *out)
{
    *out = (struct check_report){.hold = ask->cap, .plans = json_array()};
    TRY(codescan_run(
        &cx->diag, cx->arena, ask->source, &ask->schema, ask->lane, &out->scan));
    TRY(policy_findings(cx, ask, &out->scan));
    if (out->scan.findings_n > 0)
        return ERR_OK;
    return mock_run(cx, ask, out);
}

void
check_release(struct check_report *r)
{
    if (r->ran)
        outcome_release(&r->outcome);
    r->ran = false;
    json_decref(r->plans);
    json_decref(r->adverse);
    r->plans = r->adverse = NULL;
}

/* Documents */

/* A line or column as a number, or null where it is unknown. */
static json_t *
place_json(int place)
{
    return place > 0 ? json_integer(place) : json_null();
}

json_t *
check_findings_json(const struct check_report *r)
{
    json_t *list = json_array();

    for (size_t i = 0; i < r->scan.findings_n; i++) {
        const struct finding *f = &r->scan.findings[i];
        json_array_append_new(list,
            json_pack("{s:s, s:o, s:o, s:s}", "rule", f->rule, "line",
                place_json(f->line), "column", place_json(f->column), "text", f->text));
    }
    if (r->adverse != NULL)
        json_array_extend(list, r->adverse);
    return list;
}

json_t *
check_columns_json(const struct check_report *r, const struct schema *s)
{
    json_t *list = json_array();

    for (size_t i = 0; i < s->columns_n; i++) {
        if (r->scan.columns != NULL && r->scan.columns[i])
            json_array_append_new(list, json_string(s->columns[i].name));
    }
    return list;
}

json_t *
check_marks_json(const struct check_report *r)
{
    json_t *list = json_array();

    for (size_t i = 0; i < r->scan.marks_n; i++) {
        json_array_append_new(list,
            json_pack("{s:i, s:s, s:s}", "line", r->scan.marks[i].line, "kind",
                r->scan.marks[i].kind, "text", r->scan.marks[i].text));
    }
    return list;
}

json_t *
failure_json(const struct outcome *o)
{
    json_t *v;

    if (o->kind == OUTCOME_OK)
        return json_null();
    v = json_pack("{s:s, s:o, s:o, s:s}", "kind", outcome_name(o->kind), "line",
        place_json(o->line), "column", place_json(o->column), "text", o->text);
    if (o->rule[0] != '\0')
        json_object_set_new(v, "rule", json_string(o->rule));
    return v;
}

/* A run that findings forbade fails by the first of them. */
static json_t *
finding_failure(const struct finding *f)
{
    return json_pack("{s:s, s:s, s:o, s:o, s:s}", "kind", outcome_name(OUTCOME_POLICY),
        "rule", f->rule, "line", place_json(f->line), "column", place_json(f->column),
        "text", f->text);
}

/* As they are shown: evidence is for the rules of disclosure control alone. */
json_t *
check_measurements_json(const struct outcome *o)
{
    json_t *list = json_array(), *m;
    size_t i;

    json_array_foreach(o->measurements, i, m)
    {
        json_t *one = json_copy(m);
        (void)json_object_del(one, "evidence");
        json_array_append_new(list, one);
    }
    return list;
}

/* The log as text: what is not UTF-8 was not printed by a script that is. */
static json_t *
log_json(const struct outcome *o)
{
    struct str log = buf_str(&o->log);

    return log.len == 0 ? json_string("") : json_stringn(log.ptr, log.len);
}

json_t *
check_mock_json(const struct check_report *r)
{
    if (!r->ran) {
        return json_pack("{s:b, s:n, s:s, s:[], s:o, s:o}", "ok", 0, "outputs", "log",
            "", "measurements", "findings", check_findings_json(r), "failure",
            finding_failure(&r->scan.findings[0]));
    }
    return json_pack("{s:b, s:o, s:o, s:o, s:o, s:o}", "ok",
        r->outcome.kind == OUTCOME_OK, "outputs",
        r->outcome.output != NULL ? json_incref(r->outcome.output) : json_null(), "log",
        log_json(&r->outcome), "measurements", check_measurements_json(&r->outcome),
        "findings", check_findings_json(r), "failure", failure_json(&r->outcome));
}

/* Mocks */

static enum err
segment_drop(void *self, struct diag *d, size_t rows, int64_t *const *values,
    uint8_t *const *valid, const struct str *const *texts)
{
    (void)self, (void)d, (void)rows, (void)values, (void)valid, (void)texts;
    return ERR_OK;
}

enum err
mock_check(
    struct ctx *cx, const struct schema *s, struct str csv, struct csv_report *report)
{
    struct csv_sink sink = {.segment = segment_drop};
    FD_SCOPE(fd) = -1;

    TRY(memfd_of(&cx->diag, "mock", csv, &fd));
    return csv_load(&cx->diag, s, fd, &sink, report);
}
