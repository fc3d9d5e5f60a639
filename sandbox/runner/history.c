/* history.c -- from plans to the sets of rows that they tell of. */
#include "sandbox/runner/history.h"

#include "datasite/base/check.h"
#include "policies/sdc_values.h"
#include "sandbox/engine/plan.h"
#include "sandbox/engine/reach.h"
#include "sandbox/runner/versions.h"

#include <string.h>

#define WORD_BITS          64
#define SETS_BYTES_MAX     ((size_t)4 << 30)
#define QUESTION_BYTES_MAX ((size_t)4 << 30)

struct sets {
    struct arena *a;
    const struct history_data *data;
    size_t data_n;
    struct versions versions;
    size_t words;
    struct sdc_told *told;
    const int64_t **values; /* of what each sums up, by row; NULL: no sum */
    size_t n, room;
};

static enum err
no_memory(struct diag *d)
{
    return FAIL(d, ERR_TOO_LARGE, "too much was released to be compared");
}

/* ---- the sets of a plan ---- */

static enum err
grow(struct diag *d, struct sets *s, size_t more)
{
    size_t room = 2 * (s->n + more);
    struct sdc_told *told;
    const int64_t **values;

    if (s->n + more <= s->room)
        return ERR_OK;
    told = arena_array(s->a, sizeof *told, room);
    values = arena_array(s->a, sizeof *values, room);
    if (told == NULL || values == NULL)
        return no_memory(d);
    for (size_t i = 0; i < s->n; i++) {
        told[i] = s->told[i];
        values[i] = s->values[i];
    }
    s->told = told;
    s->values = values;
    s->room = room;
    return ERR_OK;
}

static bool
is_told(const struct history_plan *p, size_t cell)
{
    return cell >= strlen(p->withheld) || p->withheld[cell] != '1';
}

/* A plan, and which version it is laid on. */
struct laid {
    const struct history_plan *plan;
    const struct table *t;
    const uint32_t *row_of;
    size_t source;
    bool is_its_own; /* the one that it was told of is there */
};

static struct laid
laid_of(const struct sets *s, const struct history_plan *p, size_t source)
{
    size_t at = s->data_n;

    while (--at > 0 && s->data[at].version != p->data_version)
        continue;
    return (struct laid){.plan = p,
        .t = s->data[at].table,
        .row_of = s->versions.row_of[at],
        .source = source,
        .is_its_own = s->data[at].version == p->data_version};
}

/* A set for every told cell that has rows. */
static enum err
add_layer(struct diag *d, struct arena *scratch, struct sets *s, const struct reach *r,
    const uint32_t *cell, const int64_t *values, const struct laid *l)
{
    uint64_t **of = arena_array(scratch, sizeof *of, r->cells + 1);

    if (of == NULL)
        return no_memory(d);
    for (size_t i = 0; i < r->rows; i++) {
        size_t c = cell[i], row = l->row_of != NULL ? l->row_of[i] : i;
        if (c >= r->cells || !is_told(l->plan, c))
            continue;
        if (of[c] == NULL) {
            of[c] = arena_array(s->a, sizeof *of[c], s->words + 1);
            if (of[c] == NULL)
                return no_memory(d);
            TRY(grow(d, s, 1));
            s->values[s->n] = values;
            s->told[s->n++] = (struct sdc_told){of[c], l->source, l->plan->is_new};
        }
        of[c][row / WORD_BITS] |= UINT64_C(1) << (row % WORD_BITS);
    }
    return ERR_OK;
}

static size_t
summed_field(const struct plan *p)
{
    const struct plan_measure *m = &p->measure;

    if (m->kind == MEASURE_SUM || m->kind == MEASURE_MEAN)
        return m->field;
    return m->kind == MEASURE_VARIANCE ? m->fields[0] : REACH_NO_FIELD;
}

/* What a sum sums up, by row in common. */
static enum err
take_values(struct diag *d, struct sets *s, const struct reach *r, const struct plan *p,
    const struct laid *l, const int64_t **out)
{
    int64_t *values;

    *out = NULL;
    if (summed_field(p) == REACH_NO_FIELD || r->layers != 1)
        return ERR_OK;
    *out = values = arena_array(s->a, sizeof *values, s->versions.people.rows + 1);
    if (values == NULL)
        return no_memory(d);
    for (size_t i = 0; i < r->rows; i++)
        values[l->row_of != NULL ? l->row_of[i] : i] = r->value[i];
    return ERR_OK;
}

/* ERR_INVALID: the plan's cells cannot be worked out, as with programs over rows. */
static enum err
add_plan(struct diag *d, struct sets *s, const struct laid *l)
{
    ARENA_SCOPE(scratch, QUESTION_BYTES_MAX);
    const struct schema *schema = l->t->schema;
    bool *all = arena_array(scratch, sizeof *all, schema->columns_n + 1);
    struct question_context c = {.schema = schema, .columns = all, .lane = LANE_ROWS};
    json_auto_t *doc = NULL;
    const int64_t *values;
    struct plan *plan;
    json_t *price;
    struct reach r;

    if (scratch == NULL || all == NULL)
        return no_memory(d);
    for (size_t i = 0; i < schema->columns_n; i++)
        all[i] = l->t->columns[i].values != NULL;
    TRY(json_parse(d, str_of(l->plan->json), &doc));
    TRY(plan_parse(d, scratch, &c, doc, &plan, &price));
    if (plan->measure.kind == MEASURE_COLLECT || plan->programs_n > 0)
        return FAIL(d, ERR_INVALID, "a program's cells are its own");
    TRY(reach_of(d, scratch, plan, l->t, summed_field(plan), &r));
    TRY(take_values(d, s, &r, plan, l, &values));
    for (size_t layer = 0; layer < r.layers; layer++)
        TRY(add_layer(d, scratch, s, &r, r.cell + layer * r.rows, values, l));
    return ERR_OK;
}

/* ---- the verdict ---- */

static enum err
add_plans(struct diag *d, struct sets *s, const struct history_ask *ask,
    struct history_verdict *out)
{
    for (size_t i = 0; i < ask->plans_n; i++) {
        struct laid l = laid_of(s, &ask->plans[i], i);
        struct diag apart = {0};
        enum err err = add_plan(&apart, s, &l);
        if (err == ERR_TOO_LARGE) {
            *d = apart;
            return err;
        }
        if (err != ERR_OK && ask->plans[i].is_new)
            out->apart_new++;
        else if (err != ERR_OK || !l.is_its_own)
            out->apart_old++;
    }
    return ERR_OK;
}

static enum err
check_sums(struct diag *d, struct sets *s, int64_t least, uint64_t seed,
    struct sdc_difference *out)
{
    struct sdc_valued *sums = arena_array(s->a, sizeof *sums, s->n + 1);
    size_t n = 0;

    if (sums == NULL)
        return no_memory(d);
    for (size_t i = 0; i < s->n; i++) {
        const struct sdc_told *t = &s->told[i];
        if (s->values[i] != NULL)
            sums[n++] =
                (struct sdc_valued){t->rows, s->values[i], t->source, t->is_new};
    }
    return sdc_values_check(d, s->a, &s->versions.people, sums, n, least, seed, out);
}

static enum err
join(struct diag *d, struct sets *s)
{
    const struct table **tables = arena_array(s->a, sizeof *tables, s->data_n);

    if (tables == NULL)
        return no_memory(d);
    for (size_t i = 0; i < s->data_n; i++)
        tables[i] = s->data[i].table;
    TRY(versions_join(d, s->a, tables, s->data_n, &s->versions));
    s->words = (s->versions.people.rows + WORD_BITS - 1) / WORD_BITS;
    return ERR_OK;
}

enum err
history_check(struct diag *d, const struct history_data *data, size_t data_n,
    const struct history_ask *ask, struct history_verdict *out)
{
    ARENA_SCOPE(a, SETS_BYTES_MAX);
    struct sets s = {.a = a, .data = data, .data_n = data_n};
    uint64_t seed;

    *out = (struct history_verdict){.difference = {.complete = true}};
    if (a == NULL)
        return no_memory(d);
    if (ask->least < 1)
        return ERR_OK;
    TRY(join(d, &s));
    TRY(add_plans(d, &s, ask, out));
    memcpy(
        &seed, data->table->key, sizeof seed); /* the same for the same, and secret */
    TRY(sdc_history_check(
        d, a, &s.versions.people, s.told, s.n, ask->least, seed, &out->difference));
    return check_sums(d, &s, ask->least, seed, &out->difference);
}
