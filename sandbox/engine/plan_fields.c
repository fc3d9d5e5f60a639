/* plan_fields.c -- measures over several fields: moments, fits, lists of conditions. */
#include "sandbox/engine/plan_read.h"

#include "sandbox/engine/linear.h"
#include "sandbox/engine/logistic.h"

#include <string.h>

#define RATE_DECIMALS 6
#define RATE_MAX      INT64_C(1000000000) /* a thousand */
#define CLIP_DECIMALS 6
#define CLIP_MAX      INT64_C(100000000) /* a hundred */
#define REACH_MAX     (INT64_C(1) << 60) /* of a fit's bounds, from zero */

static enum err
make_room(struct plan_reader *r, size_t n)
{
    struct plan_measure *m = &r->plan->measure;

    m->fields = arena_array(r->a, sizeof *m->fields, n);
    return m->fields != NULL ? ERR_OK : plan_no_memory(r);
}

static enum err
add_field(struct plan_reader *r, const json_t *name)
{
    struct plan_measure *m = &r->plan->measure;
    size_t field;

    TRY(plan_field_named(r, name, &field));
    TRY(plan_bounded(r, field, MEAN_RANGE_MAX));
    for (size_t i = 0; i < m->fields_n; i++)
        if (m->fields[i] == field)
            return PLAN_FAIL(r, "names a column twice");
    m->fields[m->fields_n++] = field;
    m->field = m->fields[0];
    return ERR_OK;
}

static enum err
add_fields(struct plan_reader *r, const json_t *obj, size_t least)
{
    const json_t *list;

    TRY(plan_array(r, obj, "columns", MOMENT_FIELDS_MAX - 1, &list));
    if (json_array_size(list) < least)
        return PLAN_FAIL(r, "columns must be a list of %zu at least", least);
    for (size_t i = 0; i < json_array_size(list); i++)
        TRY(add_field(r, json_array_get(list, i)));
    return ERR_OK;
}

enum err
plan_variance(struct plan_reader *r, json_t *obj)
{
    const json_t *name = json_object_get(obj, "column");

    TRY(make_room(r, 1));
    return name != NULL ? add_field(r, name) : PLAN_FAIL(r, "column is missing");
}

enum err
plan_covariance(struct plan_reader *r, json_t *obj)
{
    TRY(make_room(r, MOMENT_FIELDS_MAX));
    return add_fields(r, obj, 2);
}

/* A condition becomes a field that no name reaches. */
static enum err
add_query(struct plan_reader *r, const json_t *query)
{
    struct plan_measure *m = &r->plan->measure;
    struct scope *s = &r->plan->scope;
    struct field f = {.kind = FIELD_DERIVED, .type.type = COL_BOOLEAN};
    struct expr *e;

    if (!json_is_string(query))
        return PLAN_FAIL(r, "queries are conditions in text");
    TRY(expr_parse(r->d, r->a, s, "above_threshold",
        (struct str){json_string_value(query), json_string_length(query)}, &e));
    if (!e->is_condition)
        return PLAN_FAIL(r, "every query must be a condition, such as a comparison");
    if (s->fields_n == s->fields_max)
        return PLAN_FAIL(r, "makes too many columns");
    f.expr = e;
    m->fields[m->fields_n++] = s->fields_n;
    s->fields[s->fields_n++] = f;
    m->field = m->fields[0];
    return ERR_OK;
}

enum err
plan_above_threshold(struct plan_reader *r, json_t *obj)
{
    const json_t *list;

    TRY(plan_array(r, obj, "queries", QUERIES_MAX, &list));
    if (json_array_size(list) > GROUP_CELLS_MAX / r->plan->grouping.cells)
        return PLAN_FAIL(r, "has too many queries for so many keys");
    TRY(make_room(r, json_array_size(list)));
    for (size_t i = 0; i < json_array_size(list); i++)
        TRY(add_query(r, json_array_get(list, i)));
    return plan_fixed(r, json_object_get(obj, "threshold"), "threshold", 0,
        &r->plan->measure.threshold);
}

/* ---- fits ---- */

static enum err
take_model(struct plan_reader *r, const json_t *obj)
{
    struct plan_measure *m = &r->plan->measure;
    struct str model;

    TRY(plan_text(r, obj, "model", &model));
    if (str_eq(model, STR("linear")))
        m->kind = MEASURE_FIT_LINEAR;
    else if (str_eq(model, STR("logistic")))
        m->kind = MEASURE_FIT_LOGISTIC;
    else
        return PLAN_FAIL(r, "model must be linear or logistic");
    return ERR_OK;
}

static enum err
take_intercept(struct plan_reader *r, const json_t *obj)
{
    const json_t *intercept = json_object_get(obj, "intercept");

    if (intercept != NULL && !json_is_boolean(intercept))
        return PLAN_FAIL(r, "intercept must be true or false");
    r->plan->measure.intercept = !json_is_false(intercept);
    return ERR_OK;
}

static enum err
take_positive(const struct plan_reader *r, const json_t *obj, const char *member,
    int decimals, int64_t most, int64_t *out)
{
    const json_t *v = json_object_get(obj, member);

    if (v == NULL)
        return ERR_OK;
    TRY(plan_fixed(r, v, member, decimals, out));
    if (*out < 1 || *out > most)
        return PLAN_FAIL(r, "%s is out of range", member);
    return ERR_OK;
}

/* What only steps have. */
static enum err
take_steps(struct plan_reader *r, const json_t *obj)
{
    struct plan_measure *m = &r->plan->measure;
    int64_t clip = 0;

    if (m->kind == MEASURE_FIT_LINEAR &&
        (json_object_get(obj, "steps") != NULL ||
            json_object_get(obj, "rate") != NULL ||
            json_object_get(obj, "clip") != NULL))
        return PLAN_FAIL(r, "steps, rate and clip are for the logistic model");
    m->steps = LOGISTIC_STEPS_DEFAULT;
    TRY(take_positive(r, obj, "steps", 0, LOGISTIC_STEPS_MAX, &m->steps));
    TRY(take_positive(r, obj, "rate", RATE_DECIMALS, RATE_MAX, &m->rate));
    TRY(take_positive(r, obj, "clip", CLIP_DECIMALS, CLIP_MAX, &clip));
    m->clip = clip > 0 ? clip * LOGISTIC_ONE / 1000000 : 0;
    if (clip > 0 && m->clip == 0)
        return PLAN_FAIL(r, "clip is out of range");
    return ERR_OK;
}

static enum err
check_fields(const struct plan_reader *r)
{
    const struct plan_measure *m = &r->plan->measure;

    for (size_t i = 0; i < m->fields_n; i++) {
        const struct schema_column *c = &r->plan->scope.fields[m->fields[i]].type;
        if (c->lower < -REACH_MAX || c->upper > REACH_MAX)
            return PLAN_FAIL(r, "the bounds of %s are too wide; clip it", c->name);
        if (m->intercept && i + 1 < m->fields_n && strcmp(c->name, FIT_INTERCEPT) == 0)
            return PLAN_FAIL(r, "a column named intercept needs intercept = false");
    }
    return ERR_OK;
}

enum err
plan_fit(struct plan_reader *r, json_t *obj)
{
    const struct plan_measure *m = &r->plan->measure;
    const json_t *target = json_object_get(obj, "target");

    TRY(take_model(r, obj));
    TRY(take_intercept(r, obj));
    TRY(take_steps(r, obj));
    TRY(make_room(r, MOMENT_FIELDS_MAX));
    TRY(add_fields(r, obj, 1));
    if (target == NULL)
        return PLAN_FAIL(r, "target is missing");
    TRY(add_field(r, target));
    if (m->kind == MEASURE_FIT_LOGISTIC &&
        r->plan->scope.fields[m->fields[m->fields_n - 1]].type.type != COL_BOOLEAN)
        return PLAN_FAIL(r, "the logistic model's target must be true or false");
    return check_fields(r);
}
