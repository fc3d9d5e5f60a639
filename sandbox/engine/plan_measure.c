/* plan_measure.c -- what a plan asks for in the end. */
#include "sandbox/engine/plan_read.h"

#include "datasite/base/check.h"
#include "policies/schema_value.h"
#include "sandbox/engine/bounds.h"

#include <string.h>

/* A column whose values have a size that one person can move an answer by. */
enum err
plan_bounded(const struct plan_reader *r, size_t field, int64_t range)
{
    struct schema_column *c = &r->plan->scope.fields[field].type;

    if (c->type == COL_BOOLEAN) {
        c->bounded = true;
        c->lower = 0;
        c->upper = 1;
    }
    if (c->type != COL_INTEGER && c->type != COL_DECIMAL && c->type != COL_BOOLEAN)
        return PLAN_FAIL(r, "%s is not a number", c->name);
    if (!c->bounded)
        return PLAN_FAIL(r,
            "%s has no declared bounds; give them with clip(\"%s\", lower, upper)",
            c->name, c->name);
    if ((__int128)c->upper - c->lower > range)
        return PLAN_FAIL(
            r, "the bounds of %s are too far apart; clip it first", c->name);
    return ERR_OK;
}

static enum err
take_bounded(struct plan_reader *r, json_t *obj)
{
    struct plan_measure *m = &r->plan->measure;

    TRY(plan_field(r, obj, "column", &m->field));
    return plan_bounded(
        r, m->field, m->kind == MEASURE_MEAN ? MEAN_RANGE_MAX : INT64_MAX);
}

static enum err
take_count(struct plan_reader *r, json_t *obj)
{
    (void)r;
    (void)obj;
    return ERR_OK;
}

static enum err
check_bins(const struct plan_reader *r)
{
    if (r->plan->measure.bins >= GROUP_CELLS_MAX / r->plan->grouping.cells)
        return PLAN_FAIL(r, "has too many bins for so many keys");
    return ERR_OK;
}

static enum err
check_choices(const struct plan_reader *r, size_t scores)
{
    TRY(check_bins(r));
    if (scores == 0 || r->plan->grouping.keys_n > CHOICE_SCORES_MAX / scores)
        return PLAN_FAIL(r, "has too many candidates for so many keys");
    return ERR_OK;
}

/* A bin for every declared value: its code is both edges. */
static enum err
declared_bins(struct plan_reader *r, const struct schema_column *c)
{
    struct plan_measure *m = &r->plan->measure;
    size_t n = c->type == COL_BOOLEAN ? 2 : c->categories_n;
    int64_t *edges = arena_array(r->a, sizeof *edges, n + 1);

    if (edges == NULL)
        return plan_no_memory(r);
    for (size_t i = 0; i <= n; i++)
        edges[i] = (int64_t)i;
    m->edges = edges;
    m->bins = n;
    return ERR_OK;
}

static enum err
listed_bins(struct plan_reader *r, json_t *obj, const struct schema_column *c)
{
    struct plan_measure *m = &r->plan->measure;
    const json_t *list;
    int64_t *edges;

    if (json_object_get(obj, "bins") == NULL)
        return PLAN_FAIL(r, "bins is missing: the edges of %s, ascending", c->name);
    TRY(plan_array(r, obj, "bins", HISTOGRAM_BINS_MAX + 1, &list));
    m->bins = json_array_size(list) - 1;
    if (m->bins == 0)
        return PLAN_FAIL(r, "bins lists the edges: two at least");
    m->edges = edges = arena_array(r->a, sizeof *edges, m->bins + 1);
    if (edges == NULL)
        return plan_no_memory(r);
    for (size_t i = 0; i <= m->bins; i++) {
        json_t *v = json_array_get(list, i);
        const char *text = json_string_value(v);
        if (c->type != COL_DATE)
            TRY(plan_fixed(r, v, "an edge of bins", c->decimals, &edges[i]));
        else if (text == NULL || !date_parse(str_of(text), &edges[i]))
            return PLAN_FAIL(r, "an edge of bins is not a date");
        if (i > 0 && edges[i] <= edges[i - 1])
            return PLAN_FAIL(r, "the edges of bins must ascend");
    }
    return ERR_OK;
}

static enum err
take_histogram(struct plan_reader *r, json_t *obj)
{
    struct plan_measure *m = &r->plan->measure;
    const struct schema_column *c;
    bool listed = json_object_get(obj, "bins") != NULL;

    TRY(plan_field(r, obj, "column", &m->field));
    c = &r->plan->scope.fields[m->field].type;
    if (schema_has_labels(c))
        return PLAN_FAIL(r, "%s has no order and no declared values", c->name);
    if (c->type == COL_CATEGORY || c->type == COL_BOOLEAN) {
        if (listed || (c->type == COL_CATEGORY && !c->public_categories))
            return PLAN_FAIL(r, "%s is counted by its declared values", c->name);
        TRY(declared_bins(r, c));
    } else {
        TRY(listed_bins(r, obj, c));
    }
    return check_bins(r);
}

/* The first k of the declared values by how often they occur. */
static enum err
take_most_common(struct plan_reader *r, json_t *obj)
{
    struct plan_measure *m = &r->plan->measure;
    const struct schema_column *c;
    int64_t k;

    TRY(plan_field(r, obj, "column", &m->field));
    c = &r->plan->scope.fields[m->field].type;
    if (c->type != COL_BOOLEAN && !(c->type == COL_CATEGORY && c->public_categories))
        return PLAN_FAIL(r,
            "the values of %s are not public; count them with group_by and a delta",
            c->name);
    TRY(declared_bins(r, c));
    TRY(plan_fixed(r, json_object_get(obj, "k"), "k", 0, &k));
    if (k < 1 || k > CHOICES_MAX || (size_t)k > m->bins)
        return PLAN_FAIL(r, "k must be from 1 to the number of values, at most 1000");
    m->picks = (size_t)k;
    return check_choices(r, m->bins);
}

static enum err
take_bounds(struct plan_reader *r, json_t *obj)
{
    struct plan_measure *m = &r->plan->measure;
    const struct schema_column *c;
    int64_t *edges = arena_array(r->a, sizeof *edges, BOUNDS_BINS + 1);

    if (edges == NULL)
        return plan_no_memory(r);
    TRY(plan_field(r, obj, "column", &m->field));
    c = &r->plan->scope.fields[m->field].type;
    if (c->type != COL_INTEGER && c->type != COL_DECIMAL)
        return PLAN_FAIL(r, "%s is not a number", c->name);
    bounds_edges(edges);
    m->edges = edges;
    m->bins = BOUNDS_BINS;
    return check_bins(r);
}

static enum err
take_nums(struct plan_reader *r, json_t *obj, struct quantiles *q)
{
    const json_t *list;
    uint64_t *nums;

    TRY(plan_array(r, obj, "quantiles", QUANTILES_MAX, &list));
    q->nums_n = json_array_size(list);
    q->nums = nums = arena_array(r->a, sizeof *nums, q->nums_n);
    if (nums == NULL)
        return plan_no_memory(r);
    for (size_t i = 0; i < q->nums_n; i++) {
        int64_t num;
        TRY(plan_fixed(r, json_array_get(list, i), "a quantile", 4, &num));
        if (num < 0 || num > QUANTILE_DEN)
            return PLAN_FAIL(r, "a quantile lies between 0 and 1");
        nums[i] = (uint64_t)num;
    }
    return ERR_OK;
}

static enum err
take_candidates(struct plan_reader *r, json_t *obj, const struct schema_column *c,
    struct quantiles *q)
{
    const json_t *list;
    int64_t to;

    TRY(plan_array(r, obj, "candidates", 3, &list));
    if (json_array_size(list) != 3)
        return PLAN_FAIL(r, "candidates are from, to and step");
    TRY(plan_fixed(r, json_array_get(list, 0), "candidates", c->decimals, &q->from));
    TRY(plan_fixed(r, json_array_get(list, 1), "candidates", c->decimals, &to));
    TRY(plan_fixed(r, json_array_get(list, 2), "candidates", c->decimals, &q->step));
    if (q->step <= 0 || to < q->from || (to - q->from) / q->step >= CANDIDATES_MAX)
        return PLAN_FAIL(r, "candidates are from, to and step: up to 100000 of them");
    q->candidates_n = (size_t)((to - q->from) / q->step) + 1;
    return ERR_OK;
}

/* Below the first candidate, each candidate, between it and the next, above the last. */
static enum err
candidate_bins(struct plan_reader *r, struct plan_measure *m)
{
    const struct quantiles *q = &m->quantiles;
    int64_t *edges = arena_array(r->a, sizeof *edges, 2 * q->candidates_n + 2);
    size_t n = 0;

    if (edges == NULL)
        return plan_no_memory(r);
    edges[n++] = -VALUE_ABS_MAX;
    for (size_t i = 0; i < q->candidates_n; i++) {
        int64_t at = q->from + (int64_t)i * q->step;
        if (at > edges[n - 1])
            edges[n++] = at;
        edges[n++] = at + 1;
    }
    edges[n++] = VALUE_ABS_MAX + 1;
    m->edges = edges;
    m->bins = n - 1;
    return ERR_OK;
}

static enum err
take_quantile(struct plan_reader *r, json_t *obj)
{
    struct plan_measure *m = &r->plan->measure;
    const struct schema_column *c;

    TRY(plan_field(r, obj, "column", &m->field));
    c = &r->plan->scope.fields[m->field].type;
    if (c->type != COL_INTEGER && c->type != COL_DECIMAL)
        return PLAN_FAIL(r, "%s is not a number", c->name);
    if (!c->bounded)
        return PLAN_FAIL(r,
            "%s has no declared bounds; give them with clip(\"%s\", lower, upper)",
            c->name, c->name);
    TRY(take_nums(r, obj, &m->quantiles));
    TRY(take_candidates(r, obj, c, &m->quantiles));
    TRY(candidate_bins(r, m));
    return check_choices(r, m->quantiles.nums_n * m->quantiles.candidates_n);
}

/* Which keys there are, without how many of each. */
static enum err
take_keys(struct plan_reader *r, json_t *obj)
{
    (void)obj;
    if (!r->plan->grouping.is_unknown)
        return PLAN_FAIL(r, "is for a group_by whose keys are not known beforehand");
    if (r->plan->exact)
        return PLAN_FAIL(r, "has no exact answer; count() has");
    return ERR_OK;
}

#define MEMBERS_MAX 10
static const struct {
    const char *name;
    enum measure_kind kind;
    bool by_unknown; /* answers for keys that only the data know */
    enum err (*take)(struct plan_reader *r, json_t *obj);
    const char *members[MEMBERS_MAX];
} measures[] = {
    {"count", MEASURE_COUNT, true, take_count, {"kind"}},
    {"count_units", MEASURE_COUNT_UNITS, true, take_count, {"kind"}},
    {"keys", MEASURE_KEYS, true, take_keys, {"kind"}},
    {"sum", MEASURE_SUM, true, take_bounded, {"kind", "column"}},
    {"mean", MEASURE_MEAN, false, take_bounded, {"kind", "column"}},
    {"histogram", MEASURE_HISTOGRAM, false, take_histogram, {"kind", "column", "bins"}},
    {"quantile", MEASURE_QUANTILE, false, take_quantile,
        {"kind", "column", "quantiles", "candidates"}},
    {"most_common", MEASURE_MOST_COMMON, false, take_most_common,
        {"kind", "column", "k"}},
    {"bounds", MEASURE_BOUNDS, false, take_bounds, {"kind", "column"}},
    {"variance", MEASURE_VARIANCE, false, plan_variance, {"kind", "column"}},
    {"covariance", MEASURE_COVARIANCE, false, plan_covariance, {"kind", "columns"}},
    {"above_threshold", MEASURE_ABOVE_THRESHOLD, false, plan_above_threshold,
        {"kind", "queries", "threshold"}},
    {"fit", MEASURE_FIT_LINEAR, false, plan_fit,
        {"kind", "model", "target", "columns", "intercept", "steps", "rate", "clip"}},
    {"sample_aggregate", MEASURE_SAMPLE_AGGREGATE, false, plan_blocks,
        {"kind", "blocks", "lower", "upper", "default", "source"}},
    {"collect", MEASURE_COLLECT, false, plan_collect, {"kind", "source"}},
};

const char *
measure_name(enum measure_kind k)
{
    if (k == MEASURE_FIT_LOGISTIC) /* one name, two models */
        k = MEASURE_FIT_LINEAR;
    for (size_t i = 0; i < ARRAY_N(measures); i++)
        if (measures[i].kind == k)
            return measures[i].name;
    UNREACHABLE();
}

bool
measure_reads(enum measure_kind k)
{
    return k != MEASURE_COUNT && k != MEASURE_COUNT_UNITS && k != MEASURE_KEYS;
}

enum err
plan_measure(struct plan_reader *r, json_t *obj)
{
    const char *kind = json_string_value(json_object_get(obj, "kind"));
    size_t i = 0;

    r->what = "plan";
    if (kind == NULL)
        return PLAN_FAIL(r, "measure must be an object with a kind");
    while (i < ARRAY_N(measures) && strcmp(measures[i].name, kind) != 0)
        i++;
    if (i == ARRAY_N(measures))
        return PLAN_FAIL(r, "there is no measurement %.32s", kind);
    r->what = measures[i].name;
    r->plan->measure.kind = measures[i].kind;
    TRY(plan_members(r, obj, measures[i].members));
    if (r->plan->grouping.is_unknown && !measures[i].by_unknown)
        return PLAN_FAIL(r, "needs the keys of group_by to be listed");
    return measures[i].take(r, obj);
}
