/* untold.c -- exact answers without what may not be told of them. */
#include "sandbox/runner/untold.h"

#include "policies/sdc_table.h"

#define ARENA_BYTES ((size_t)64 << 20)

bool
untold_asked(const struct sdc_limits *l)
{
    return l->suppress || l->rounding > 0;
}

static enum err
no_memory(struct diag *d)
{
    return FAIL(d, ERR_TOO_LARGE, "the answer needs too much memory");
}

/* ---- the shape of a table ---- */

static const json_t *
part_of(const json_t *key, size_t axis)
{
    return json_is_array(key) ? json_array_get(key, axis) : axis == 0 ? key : NULL;
}

/* Keys run through all of an axis before the one to its left moves on. */
static size_t
size_of_axis(const json_t *keys, size_t axis, size_t step)
{
    const json_t *first = part_of(json_array_get(keys, 0), axis);
    size_t n = 1;

    while (n * step < json_array_size(keys) &&
        !json_equal(part_of(json_array_get(keys, n * step), axis), first))
        n++;
    return n;
}

/* A list of keys, as one axis; every combination of several, as so many. */
static struct sdc_cube
shape_of(const json_t *keys, size_t cells)
{
    const json_t *key = json_array_get(keys, 0);
    struct sdc_cube out = {.axes = json_is_array(key) ? json_array_size(key) : 1};
    size_t step = 1;

    if (out.axes > SDC_AXES_MAX || json_array_size(keys) != cells)
        out.axes = 1;
    for (size_t i = out.axes; i-- > 0 && out.axes > 1;) {
        out.sizes[i] = size_of_axis(keys, i, step);
        step *= out.sizes[i];
    }
    if (out.axes == 1 || step != cells)
        out = (struct sdc_cube){.axes = 1, .sizes = {cells}};
    return out;
}

/* ---- what is changed ---- */

static enum err
mark(struct diag *d, json_t *evidence, const json_t *values, size_t n)
{
    char *marks = calloc(n + 1, 1);
    bool any = false;
    enum err err = ERR_OK;

    if (marks == NULL)
        return no_memory(d);
    for (size_t i = 0; i < n; i++) {
        marks[i] = json_is_false(json_array_get(values, i)) ? '1' : '0';
        any = any || marks[i] == '1';
    }
    if (any && json_object_set_new(evidence, "withheld", json_string(marks)) != 0)
        err = no_memory(d);
    free(marks);
    return err;
}

/* Single numbers are no tables: they fail as they are. */
static enum err
withhold(struct diag *d, const struct sdc_limits *l, const struct sdc_evidence *e,
    json_t *evidence, json_t *answer)
{
    ARENA_SCOPE(a, ARENA_BYTES);
    json_t *values = json_object_get(answer, "values");
    struct sdc_cube shape = shape_of(json_object_get(answer, "keys"), e->cells_n);
    uint8_t *withheld = a != NULL ? arena_array(a, 1, e->cells_n + 1) : NULL;

    if (e->cells_n < 2 || json_array_size(values) != e->cells_n)
        return ERR_OK;
    if (withheld == NULL)
        return no_memory(d);
    TRY(sdc_withhold(d, a, l, e, &shape, withheld));
    for (size_t i = 0; i < e->cells_n; i++) {
        if (withheld[i] != 0 && json_array_set_new(values, i, json_false()) != 0)
            return no_memory(d);
    }
    return mark(d, evidence, values, e->cells_n);
}

static json_t *
rounded(const json_t *v, int64_t base)
{
    return json_is_integer(v) && json_integer_value(v) >= 0
        ? json_integer(sdc_rounded(json_integer_value(v), base))
        : json_incref((json_t *)(uintptr_t)v);
}

static enum err
round_counts(struct diag *d, int64_t base, json_t *answer)
{
    json_t *values = json_object_get(answer, "values");
    json_t *value = json_object_get(answer, "value"), *one;
    size_t i;

    if (value != NULL &&
        json_object_set_new(answer, "value", rounded(value, base)) != 0)
        return no_memory(d);
    json_array_foreach(values, i, one)
    {
        if (json_array_set_new(values, i, rounded(one, base)) != 0)
            return no_memory(d);
    }
    return ERR_OK;
}

enum err
untold_apply(
    struct diag *d, const struct sdc_limits *l, json_t *evidence, json_t *answer)
{
    struct sdc_cell *room = calloc(SDC_CELLS_MAX, sizeof *room);
    struct sdc_evidence e;
    enum err err = ERR_OK;
    bool suppresses = l->suppress;
    int64_t base = l->rounding;

#ifdef MUTANT_RULE_SUPPRESS
    suppresses = false;
#endif
#ifdef MUTANT_RULE_ROUNDING
    base = 0;
#endif
    if (room == NULL)
        return no_memory(d);
    if (sdc_evidence_take(evidence, room, &e)) {
        bool counts = e.kind == SDC_COUNTS &&
            json_is_integer(json_object_get(answer, "decimals"));
        if (suppresses)
            err = withhold(d, l, &e, evidence, answer);
        if (err == ERR_OK && counts && base > 0)
            err = round_counts(d, base, answer);
    }
    free(room);
    return err;
}
