/* question.c -- a question from its document to its price, and from data to its answer. */
#include "sandbox/engine/question.h"

#include "datasite/base/check.h"
#include "datasite/base/digest.h"
#include "policies/selection.h"
#include "sandbox/engine/bounds.h"
#include "sandbox/engine/choice.h"
#include "sandbox/engine/evidence.h"
#include "sandbox/engine/logistic.h"
#include "sandbox/engine/measure.h"
#include "sandbox/engine/moments.h"
#include "sandbox/engine/rowmeasure.h"
#include "sandbox/engine/sparse.h"
#include "sandbox/engine/stability.h"
#include "sandbox/engine/unknown.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define ANSWER_BYTES_MAX ((size_t)FRAME_BYTES_MAX / 2)

struct question {
    struct plan *plan;
    struct sensitivity sensitivity;
    struct mechanism mechanism; /* of the noise; unset when exact */
    struct digest digest;
    const char *label;
    char error95[32];
};

/* ---- the price ---- */

static enum err
bad_price(struct diag *d)
{
    return FAIL(d, ERR_INVALID,
        "The price is one of epsilon, rho and error, a positive decimal number.");
}

static enum err
take_amount(struct diag *d, const struct plan *p, const char *kind, struct str text,
    struct price *out)
{
    if (strcmp(kind, "error") == 0) {
        out->kind = PRICE_ERROR;
        return measure_coordinate_error(
            d, p, text, p->context->rows_assumed, &out->error);
    }
    out->kind = strcmp(kind, "rho") == 0 ? PRICE_RHO : PRICE_EPSILON;
    if (!nano_parse(text, &out->nano) || out->nano <= 0)
        return bad_price(d);
    return ERR_OK;
}

/* What keys that nobody knew beforehand are paid with, and only they. */
static enum err
take_delta(struct diag *d, const struct plan *p, const json_t *v, struct price *out)
{
    struct str text = {json_string_value(v), json_string_length(v)};

    if (!p->grouping.is_unknown && v != NULL)
        return FAIL(d, ERR_INVALID,
            "A delta has no use here: it pays for keys that are not known beforehand.");
    if (!p->grouping.is_unknown)
        return ERR_OK;
    if (v == NULL)
        return FAIL(d, ERR_POLICY,
            "group_by: the values are not public; list the keys, or name a delta for a "
            "threshold on unknown keys.");
    if (!json_is_string(v) || !atto_parse(text, &out->delta_atto) ||
        out->delta_atto <= 0)
        return FAIL(d, ERR_INVALID, "delta must be a positive decimal number.");
    return ERR_OK;
}

static enum err
take_price(struct diag *d, const struct plan *p, json_t *price, struct price *out)
{
    static const char *const kinds[] = {"epsilon", "rho", "error"};
    const char *given = NULL;

    if (!json_is_object(price))
        return bad_price(d);
    TRY(take_delta(d, p, json_object_get(price, "delta"), out));
    for (size_t i = 0; i < ARRAY_N(kinds); i++) {
        if (json_object_get(price, kinds[i]) == NULL)
            continue;
        if (given != NULL)
            return bad_price(d);
        given = kinds[i];
    }
    if (given == NULL || json_object_size(price) != (p->grouping.is_unknown ? 2 : 1))
        return bad_price(d);
    const json_t *v = json_object_get(price, given);
    if (!json_is_string(v))
        return bad_price(d);
    return take_amount(
        d, p, given, (struct str){json_string_value(v), json_string_length(v)}, out);
}

static enum err
plan_mechanism(struct diag *d, struct question *q, const struct price *asked)
{
    const struct plan *p = q->plan;
    enum accounting accounting = p->context->accounting;

    if (p->measure.kind == MEASURE_KEYS)
        return keep_plan(d, accounting, asked, (uint64_t)p->groups_max,
            unknown_least(p), &q->mechanism);
    if (p->grouping.is_unknown)
        return threshold_plan(d, accounting, asked, &q->sensitivity,
            (uint64_t)p->groups_max, unknown_least(p), &q->mechanism);
    if (choice_is(p))
        return selection_plan(d, accounting, asked, q->sensitivity.linf,
            choice_is_monotone(p), choice_candidates(p), choice_picks(p),
            &q->mechanism);
    if (p->measure.kind == MEASURE_ABOVE_THRESHOLD)
        return sparse_plan(d, accounting, asked, q->sensitivity.linf, true,
            p->measure.fields_n, &q->mechanism);
    if (p->measure.kind == MEASURE_FIT_LOGISTIC)
        return logistic_plan(d, p, asked, &q->sensitivity, &q->mechanism);
    return mechanism_plan(d, accounting, asked, &q->sensitivity, &q->mechanism);
}

static enum err
plan_noise(struct diag *d, struct question *q, json_t *price)
{
    const struct plan *p = q->plan;
    struct price asked = {0};

    TRY(take_price(d, p, price, &asked));
    TRY(stability_of(d, p, &q->sensitivity));
    TRY(plan_mechanism(d, q, &asked));
    measure_error(p, q->mechanism.error95, p->context->rows_assumed, q->error95);
    return ERR_OK;
}

/* The truth is free and recorded; which lane a run is in says whether it may be asked. */
static enum err
check_exact(struct diag *d, const struct plan *p, const json_t *price)
{
    if (price != NULL)
        return FAIL(d, ERR_INVALID, "exact() has no price.");
    if (p->context->lane == LANE_DP)
        return FAIL(d, ERR_POLICY, "exact() is for the lanes exact and rows.");
    return ERR_OK;
}

/* ---- parsing ---- */

/* "(los)", "(age, bmi)", "(3 queries)" */
static void
label_fields(struct buf *b, const struct plan *p)
{
    const struct plan_measure *m = &p->measure;

    if (m->kind == MEASURE_ABOVE_THRESHOLD) {
        buf_addf(b, "(%zu queries)", m->fields_n);
        return;
    }
    buf_addf(b, "(%s", p->scope.fields[m->field].type.name);
    for (size_t i = 1; i < m->fields_n; i++)
        buf_addf(b, ", %s", p->scope.fields[m->fields[i]].type.name);
    buf_addz(b, ")");
}

/* "mean(los) by ward, sex" */
static enum err
make_label(struct diag *d, struct arena *a, struct question *q)
{
    const struct plan *p = q->plan;
    bool plain = p->measure.program != NULL || !measure_reads(p->measure.kind);
    BUF_SCOPE(b);

    buf_init(&b, 4096);
    buf_addz(&b, measure_name(p->measure.kind));
    if (!plain)
        label_fields(&b, p);
    for (size_t i = 0; i < p->grouping.axes_n; i++)
        buf_addf(&b, "%s%s", i == 0 ? " by " : ", ",
            p->scope.fields[p->grouping.axes[i].field].type.name);
    q->label = arena_strn(a, b.ptr, b.len);
    return q->label != NULL ? ERR_OK
                            : FAIL(d, ERR_TOO_LARGE, "The question is too large.");
}

static enum err
make_digest(struct diag *d, const json_t *doc, struct digest *out)
{
    BUF_SCOPE(canonical);

    buf_init(&canonical, (size_t)2 * PLAN_BYTES_MAX);
    TRY(json_canonical(d, doc, &canonical));
    *out = digest_bytes(buf_str(&canonical));
    return ERR_OK;
}

static enum err
parse_document(struct diag *d, struct arena *a, const struct question_context *c,
    json_t *doc, struct question *q)
{
    json_t *price;

    if (!json_is_object(doc))
        return FAIL(d, ERR_INVALID, "A question is an object.");
    TRY(plan_parse(d, a, c, doc, &q->plan, &price));
    if (q->plan->grouping.keys_n > KEYS_MAX / measure_told(q->plan) ||
        measure_text_bytes(q->plan) > ANSWER_BYTES_MAX)
        return FAIL(
            d, ERR_INVALID, "The answer would be too long; ask for fewer keys.");
    TRY(make_label(d, a, q));
    if (q->plan->exact)
        TRY(check_exact(d, q->plan, price));
    else
        TRY(plan_noise(d, q, price));
    return make_digest(d, doc, &q->digest);
}

enum err
question_parse(struct diag *d, struct arena *a, const struct question_context *c,
    struct str plan_json, struct question **out)
{
    struct question_context *context = arena_array(a, sizeof *context, 1);
    struct question *q = arena_array(a, sizeof *q, 1);
    json_auto_t *doc = NULL;

    if (context == NULL || q == NULL)
        return FAIL(d, ERR_TOO_LARGE, "The question needs too much memory.");
    if (plan_json.len > PLAN_BYTES_MAX)
        return FAIL(d, ERR_INVALID, "The question is longer than 1 MiB.");
    *context = *c;
    TRY(json_parse(d, plan_json, &doc));
    TRY(parse_document(d, a, context, doc, q));
    *out = q;
    return ERR_OK;
}

/* ---- what is known before data are read ---- */

struct budget
question_price(const struct question *q)
{
    return q->mechanism.price; /* all zero when exact */
}

struct partition
question_partition(const struct question *q)
{
    return q->plan->partition;
}

bool
question_is_exact(const struct question *q)
{
    return q->plan->exact;
}

enum err
question_check(struct diag *d, const struct question *q)
{
    const struct row_port *port = q->plan->context->rows;

    for (size_t i = 0; i < q->plan->programs_n; i++)
        TRY(port->check(port->self, d, q->plan->programs[i]));
    return ERR_OK;
}

struct digest
question_digest(const struct question *q)
{
    return q->digest;
}

const char *
question_label(const struct question *q)
{
    return q->label;
}

const char *
question_mechanism(const struct question *q)
{
    return q->plan->exact ? "exact" : mech_name(q->mechanism.kind);
}

const char *
question_error95(const struct question *q)
{
    return q->error95;
}

static json_t *
columns_read(const struct plan *p)
{
    json_t *list = json_array();

    for (size_t i = 0; i < p->scope.fields_n; i++)
        if ((p->needed[i] || p->in_place[i]) && p->scope.fields[i].kind == FIELD_COLUMN)
            json_array_append_new(list, json_string(p->scope.fields[i].type.name));
    return list;
}

/* Of a price in rho alone: what a job of nothing else would spend. -1: not told. */
static int64_t
explained_epsilon(const struct question *q)
{
    struct budget price = question_price(q), rho = {.rho_nano = price.rho_nano};
    int64_t delta = q->plan->context->at_delta_atto;

    if (price.eps_nano != EPS_NONE)
        return price.eps_nano;
    return delta > 0 ? accountant_eps_nano(ACCOUNT_ZCDP, rho, delta) : -1;
}

enum err
question_explain(struct diag *d, const struct question *q, struct buf *json)
{
    struct budget price = question_price(q);
    int64_t told = explained_epsilon(q);
    char epsilon[32], rho[32], delta[32], scale[64] = "0";
    json_auto_t *o = NULL;

    if (!q->plan->exact)
        snprintf(scale, sizeof scale, "%.6Lf", mechanism_scale(&q->mechanism));
    o = json_pack("{s:s, s:s, s:s, s:o, s:s, s:s, s:s, s:b, s:I, s:o}", "label",
        q->label, "mechanism", question_mechanism(q), "scale", scale, "epsilon",
        told < 0 ? json_null() : json_string(nano_text(told, epsilon)), "rho",
        nano_text(price.rho_nano, rho), "delta", atto_text(price.delta_atto, delta),
        "error95", q->error95, "exact", (int)q->plan->exact, "keys",
        (json_int_t)q->plan->grouping.keys_n, "columns", columns_read(q->plan));
    if (o == NULL)
        return FAIL(d, ERR_TOO_LARGE, "The explanation needs too much memory.");
    return json_text(d, o, json);
}

/* ---- the answer ---- */

size_t
question_width(const struct question *q)
{
    return q->plan->grouping.keys_n * measure_width(q->plan);
}

struct sensitivity
question_sensitivity(const struct question *q)
{
    return q->sensitivity;
}

enum err
question_vector(struct diag *d, struct arena *a, const struct question *q,
    const struct table *t, __int128 **out)
{
    CHECK(!q->plan->grouping.is_unknown); /* its vector has no fixed places */
    *out = arena_array(a, sizeof **out, question_width(q));
    if (*out == NULL)
        return FAIL(d, ERR_TOO_LARGE, "The question needs too much memory.");
    return measure_vector(d, a, q->plan, t, *out);
}

/* Sums, with noise added to each. m and r are NULL for the truth. */
static enum err
sums_answer(struct diag *d, struct arena *a, const struct plan *p,
    const struct mechanism *m, const struct table *t, struct rng *r, struct buf *json)
{
    size_t n = p->grouping.keys_n * measure_width(p);
    __int128 *truth = arena_array(a, sizeof *truth, n);
    int64_t *told = arena_array(a, sizeof *told, n);

    if (truth == NULL || told == NULL)
        return FAIL(d, ERR_TOO_LARGE, "The question needs too much memory.");
    TRY(measure_vector(d, a, p, t, truth));
    if (m != NULL)
        mechanism_run(m, r, truth, n, told);
    for (size_t i = 0; m == NULL && i < n; i++)
        told[i] = mechanism_saturate(truth[i], 0);
    measure_text(p, told, m != NULL ? m->error95 : 0, json);
    return json->full ? FAIL(d, ERR_TOO_LARGE, "The answer is too long.") : ERR_OK;
}

/* A row program's answer is never noisy. */
static enum err
collect_answer(struct diag *d, struct arena *a, const struct plan *p,
    const struct mechanism *m, const struct table *t, struct rng *r, struct buf *json)
{
    CHECK(m == NULL && r == NULL);
    return row_collect(d, a, p, t, json);
}

typedef enum err answer_fn(struct diag *d, struct arena *a, const struct plan *p,
    const struct mechanism *m, const struct table *t, struct rng *r, struct buf *json);

static answer_fn *
answer_of(const struct plan *p)
{
    if (p->grouping.is_unknown)
        return unknown_answer;
    switch (p->measure.kind) {
    case MEASURE_COUNT:
    case MEASURE_COUNT_UNITS:
    case MEASURE_SUM:
    case MEASURE_MEAN:
    case MEASURE_HISTOGRAM:
    case MEASURE_SAMPLE_AGGREGATE:
        return sums_answer;
    case MEASURE_QUANTILE:
    case MEASURE_MOST_COMMON:
        return choice_answer;
    case MEASURE_BOUNDS:
        return bounds_answer;
    case MEASURE_VARIANCE:
    case MEASURE_COVARIANCE:
    case MEASURE_FIT_LINEAR:
        return moments_answer;
    case MEASURE_FIT_LOGISTIC:
        return logistic_answer;
    case MEASURE_ABOVE_THRESHOLD:
        return sparse_answer;
    case MEASURE_COLLECT:
        return collect_answer;
    case MEASURE_KEYS:
        break; /* of unknown keys alone */
    }
    UNREACHABLE();
}

/* Scratch memory is separate from what the caller grants: how much is needed depends on
 * the table. rng is NULL for the truth. */
static enum err
tell(struct diag *d, const struct question *q, const struct table *t, struct rng *rng,
    struct buf *json)
{
    ARENA_SCOPE(scratch, SCRATCH_BYTES_MAX);

    if (scratch == NULL)
        return FAIL(d, ERR_TOO_LARGE, "The question needs too much memory.");
    return answer_of(q->plan)(
        d, scratch, q->plan, rng != NULL ? &q->mechanism : NULL, t, rng, json);
}

enum err
question_answer(struct diag *d, struct arena *a, const struct question *q,
    const struct table *t, struct rng *r, struct buf *json)
{
    (void)a;
    CHECK(!q->plan->exact && r != NULL);
    return tell(d, q, t, r, json);
}

enum err
question_exact(struct diag *d, struct arena *a, const struct question *q,
    const struct table *t, struct buf *json)
{
    (void)a;
    CHECK(q->plan->exact && q->plan->context->lane != LANE_DP);
    return tell(d, q, t, NULL, json);
}

enum err
question_evidence(
    struct diag *d, const struct question *q, const struct table *t, json_t **out)
{
    ARENA_SCOPE(scratch, SCRATCH_BYTES_MAX);
    struct sdc_evidence e;

    if (scratch == NULL)
        return FAIL(d, ERR_TOO_LARGE, "The evidence needs too much memory.");
    TRY(evidence_of(d, scratch, q->plan, t, &e));
    *out = sdc_evidence_json(&e);
    return *out != NULL ? ERR_OK : FAIL(d, ERR_TOO_LARGE, "no memory");
}
