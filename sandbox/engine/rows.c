/* rows.c -- walks a table in batches, with the fields and the rows that a plan keeps.
 *
 * A truncation has to see all rows of a unit, so the plan is cut at truncations: each cut
 * is one pass that leaves a mask of the whole table for the next. All passes share their
 * memory: what a question needs for a row does not grow with its operations. */
#include "sandbox/engine/rows.h"

#include "datasite/base/check.h"
#include "sandbox/engine/cells.h"

#include <string.h>

#define NULL_GROUP INT64_MIN /* a null is a group of its own when groups are counted */

struct rows {
    const struct plan *plan;
    const struct table *t;
    const uint8_t *kept; /* by row, from the passes so far; NULL: all */
    uint8_t *mask;       /* … which write it here, each over the last one's */
    int64_t *groups[GROUP_FIELDS_MAX]; /* by row, of the pass under way */
    size_t steps_from;                 /* steps that those passes have not done */
    size_t at;                         /* next row of the last pass */
    size_t copy;        /* … which is repeated for every copy that a join makes */
    struct cells *keys; /* by step: PART, JOIN */
    struct expr_reg *regs;
    struct expr_reg **own; /* by field: where its values are put together */
    const int64_t **values;
    const uint8_t **valid;
    struct expr_lying *lying;
    const int64_t **where_codes;  /* by step */
    const int64_t **derive_codes; /* by field */
};

static enum err
no_memory(struct diag *d)
{
    return FAIL(d, ERR_TOO_LARGE, "The question needs too much memory.");
}

static const uint8_t *
all_valid(void)
{
    static uint8_t ones[BATCH_ROWS];

    if (ones[0] == 0)
        memset(ones, 1, sizeof ones);
    return ones;
}

/* ---- getting ready ---- */

/* The dictionary's codes of the texts that an expression compares with. */
static enum err
bind_texts(struct diag *d, struct arena *a, const struct rows *w, const struct expr *e,
    const int64_t **out)
{
    int64_t *codes = arena_array(a, sizeof *codes, e->steps_n);

    if (codes == NULL)
        return no_memory(d);
    for (size_t i = 0; i < e->steps_n; i++) {
        const struct expr_step *s = &e->steps[i];
        if (s->op != EXPR_TEXT_EQ && s->op != EXPR_TEXT_NE)
            continue;
        const struct field *f = &w->plan->scope.fields[s->field];
        CHECK(f->kind == FIELD_COLUMN);
        codes[i] = labels_find(w->t->columns[f->source].labels, s->text);
    }
    *out = codes;
    return ERR_OK;
}

static enum err
prepare_fields(struct diag *d, struct arena *a, struct rows *w)
{
    const struct scope *s = &w->plan->scope;

    for (size_t i = 0; i < s->fields_n; i++) {
        if (!w->plan->needed[i])
            continue;
        w->own[i] = arena_array(a, sizeof **w->own, 1);
        if (w->own[i] == NULL)
            return no_memory(d);
        if (s->fields[i].kind == FIELD_DERIVED)
            TRY(bind_texts(d, a, w, s->fields[i].expr, &w->derive_codes[i]));
    }
    return ERR_OK;
}

static enum err
prepare(struct diag *d, struct arena *a, struct rows *w)
{
    size_t fields_n = w->plan->scope.fields_n, steps_n = w->plan->steps_n;

    w->regs = arena_array(a, sizeof *w->regs, EXPR_REGS_MAX + 1);
    w->own = arena_array(a, sizeof *w->own, fields_n);
    w->values = arena_array(a, sizeof *w->values, fields_n);
    w->valid = arena_array(a, sizeof *w->valid, fields_n);
    w->lying = arena_array(a, sizeof *w->lying, fields_n);
    w->derive_codes = arena_array(a, sizeof *w->derive_codes, fields_n);
    w->where_codes = arena_array(a, sizeof *w->where_codes, steps_n + 1);
    w->keys = arena_array(a, sizeof *w->keys, steps_n + 1);
    if (w->regs == NULL || w->own == NULL || w->values == NULL || w->valid == NULL ||
        w->lying == NULL || w->derive_codes == NULL || w->where_codes == NULL ||
        w->keys == NULL) {
        return no_memory(d);
    }
    TRY(prepare_fields(d, a, w));
    for (size_t i = 0; i < steps_n; i++) {
        const struct plan_step *s = &w->plan->steps[i];
        if (s->kind == STEP_WHERE)
            TRY(bind_texts(d, a, w, s->expr, &w->where_codes[i]));
        if (s->keys != NULL)
            TRY(cells_open(d, a, w->plan, s->keys, w->t, &w->keys[i]));
    }
    return ERR_OK;
}

/* ---- one batch ---- */

static void
make_column(struct rows *w, size_t i, size_t from, size_t n)
{
    const struct column *c = &w->t->columns[w->plan->scope.fields[i].source];
    const char *at = (const char *)c->values + from * (size_t)c->width;

    w->valid[i] = c->valid != NULL ? c->valid + from : all_valid();
    w->lying[i] = (struct expr_lying){at, c->width};
    if (!w->plan->needed[i])
        return;
    if (c->width == sizeof(int64_t)) {
        w->values[i] = (const int64_t *)c->values + from;
        return;
    }
    column_fetch(c, from, n, w->own[i]->own_values);
    w->values[i] = w->own[i]->own_values;
}

static void
make_clipped(struct rows *w, size_t i, size_t n)
{
    const struct field *f = &w->plan->scope.fields[i];
    int64_t *own = w->own[i]->own_values;

    memcpy(own, w->values[f->source], n * sizeof *own);
    kernel_clamp(own, f->type.lower, f->type.upper, n);
    w->values[i] = own;
    w->valid[i] = w->valid[f->source];
}

static void
make_derived(struct rows *w, size_t i, size_t n)
{
    const struct field *f = &w->plan->scope.fields[i];
    struct expr_input in = {w->values, w->valid, w->lying, w->derive_codes[i]};
    struct expr_reg *own = w->own[i];
    int finer = f->type.decimals - f->expr->decimals;

    expr_run(f->expr, &in, w->regs, n);
    memcpy(own->own_mask, w->regs[0].mask, n);
    if (f->expr->is_condition) {
        for (size_t k = 0; k < n; k++)
            own->own_values[k] = own->own_mask[k];
        memset(own->own_mask, 1, n);
    } else {
        memcpy(own->own_values, w->regs[0].values, n * sizeof *own->own_values);
    }
    if (finer != 0)
        kernel_rescale(own->own_values, power_of_ten(finer > 0 ? finer : 0),
            power_of_ten(finer < 0 ? -finer : 0), own->own_values, n);
    if (f->type.bounded)
        kernel_clamp(own->own_values, f->type.lower, f->type.upper, n);
    w->values[i] = own->own_values;
    w->valid[i] = own->own_mask;
}

/* What the row program says: rows that are filtered out are asked about as well, so that
 * how many are asked about is the table's size. */
static void
make_mapped(struct rows *w, size_t i, size_t n)
{
    const struct row_port *port = w->plan->context->rows;
    const struct row_program *p = w->plan->scope.fields[i].program;
    struct expr_reg *own = w->own[i];
    struct row_batch in = {.n = n};

    for (size_t k = 0; k < p->args_n; k++) {
        const struct field *f = &w->plan->scope.fields[p->args[k]];
        bool dictionary = schema_has_labels(&f->type);
        in.values[k] = w->values[p->args[k]];
        in.valid[k] = w->valid[p->args[k]];
        in.labels[k] = dictionary ? w->t->columns[f->source].labels : NULL;
    }
    port->map(port->self, p, &in, own->own_values);
    w->values[i] = own->own_values;
    w->valid[i] = all_valid();
}

/* The public row of each row's key. */
static void
find_public(
    const struct rows *w, const struct join *j, const struct batch *b, uint32_t *row)
{
    const uint32_t *row_of = j->row_of +
        (j->copies > 1 ? w->copy : 0) * (w->plan->steps[j->step].keys->cells + 1);

    cells_of(&w->keys[j->step], b, row);
    for (size_t i = 0; i < b->n; i++)
        row[i] = row_of[row[i]];
}

static void
make_lookup(struct rows *w, size_t i, size_t n)
{
    const struct lookup *l = w->plan->scope.fields[i].lookup;
    struct batch b = {.n = n, .values = w->values, .valid = w->valid};
    struct expr_reg *own = w->own[i];
    uint32_t row[BATCH_ROWS];

    find_public(w, l->join, &b, row);
    for (size_t k = 0; k < n; k++) {
        own->own_values[k] = l->values[row[k]];
        own->own_mask[k] = row[k] < l->join->rows_n;
    }
    w->values[i] = own->own_values;
    w->valid[i] = own->own_mask;
}

static void
keep_part(const struct rows *w, size_t step, struct batch *b)
{
    uint32_t cell[BATCH_ROWS], part = (uint32_t)w->plan->steps[step].part;

    cells_of(&w->keys[step], b, cell);
    for (size_t i = 0; i < b->n; i++)
        b->mask[i] &= (uint8_t)(cell[i] == part);
}

static void
keep_joined(const struct rows *w, size_t step, struct batch *b)
{
    const struct join *j = w->plan->steps[step].join;
    uint32_t row[BATCH_ROWS];

    find_public(w, j, b, row);
    for (size_t i = 0; i < b->n; i++)
        b->mask[i] &= (uint8_t)(row[i] < j->rows_n);
}

static void
make_field(struct rows *w, size_t i, size_t from, size_t n)
{
    switch (w->plan->scope.fields[i].kind) {
    case FIELD_COLUMN:
        make_column(w, i, from, n);
        return;
    case FIELD_CLIPPED:
        make_clipped(w, i, n);
        break;
    case FIELD_DERIVED:
        make_derived(w, i, n);
        break;
    case FIELD_MAPPED:
        make_mapped(w, i, n);
        break;
    case FIELD_LOOKUP:
        make_lookup(w, i, n);
        break;
    }
    w->lying[i] = (struct expr_lying){w->values[i], (int)sizeof(int64_t)};
}

static void
do_step(struct rows *w, size_t i, struct batch *b)
{
    struct expr_input in = {w->values, w->valid, w->lying, w->where_codes[i]};

    switch (w->plan->steps[i].kind) {
    case STEP_WHERE:
        expr_run(w->plan->steps[i].expr, &in, w->regs, b->n);
        kernel_and(b->mask, w->regs[0].mask, b->mask, b->n);
        return;
    case STEP_PART:
        keep_part(w, i, b);
        return;
    case STEP_JOIN:
        keep_joined(w, i, b);
        return;
    case STEP_TRUNCATE:
    case STEP_GROUPS:
        break; /* have passes of their own */
    }
    UNREACHABLE();
}

/* Rows [from, from + n): the fields, and the mask after where-steps up to steps_to. */
static void
make_batch(struct rows *w, size_t from, size_t n, size_t steps_to, struct batch *out)
{
    out->from = from;
    out->n = n;
    out->values = w->values;
    out->valid = w->valid;
    if (w->kept != NULL)
        memcpy(out->mask, w->kept + from, n);
    else
        memset(out->mask, 1, n);
    for (size_t i = 0; i < w->plan->scope.fields_n; i++)
        if (w->plan->needed[i] || w->plan->in_place[i])
            make_field(w, i, from, n);
    for (size_t i = w->steps_from; i < steps_to; i++)
        do_step(w, i, out);
}

static size_t
batch_rows(const struct rows *w, size_t from)
{
    size_t left = w->t->rows - from;

    return left < BATCH_ROWS ? left : BATCH_ROWS;
}

/* ---- passes that end in a truncation ---- */

/* One pass over the whole table: its mask, and the values of some fields with it. */
static void
pass(struct rows *w, size_t steps_to, const struct plan_step *groups)
{
    struct batch b;

    for (size_t from = 0; from < w->t->rows; from += b.n) {
        make_batch(w, from, batch_rows(w, from), steps_to, &b);
        memcpy(w->mask + from, b.mask, b.n);
        for (size_t k = 0; groups != NULL && k < groups->by_n; k++)
            for (size_t i = 0; i < b.n; i++)
                w->groups[k][from + i] = b.valid[groups->by[k]][i] != 0
                    ? b.values[groups->by[k]][i]
                    : NULL_GROUP;
    }
    w->kept = w->mask;
}

static bool
same_group(int64_t *const *values, size_t values_n, size_t a, size_t b)
{
    for (size_t k = 0; k < values_n; k++)
        if (values[k][a] != values[k][b])
            return false;
    return true;
}

/* Keeps a unit's rows of the first `limit` groups that they reach, in keyed order. */
static void
truncate_unit(const uint32_t *rows, size_t n, const struct plan_step *s,
    int64_t *const *values, uint8_t *mask)
{
    uint32_t first[UNIT_GROUPS_MAX]; /* a row of each group so far */
    size_t groups = 0;

    for (size_t i = 0; i < n; i++) {
        size_t g = 0;
        if (mask[rows[i]] == 0)
            continue;
        while (g < groups && !same_group(values, s->by_n, first[g], rows[i]))
            g++;
        if (g == groups && groups == (size_t)s->limit)
            mask[rows[i]] = 0;
        else if (g == groups)
            first[groups++] = rows[i];
    }
}

static void
truncate_groups(struct rows *w, size_t step)
{
    const struct plan_step *s = &w->plan->steps[step];
    const struct units *u = w->t->units;

    pass(w, step, s);
    for (size_t i = 0; u != NULL && i < u->n; i++)
        truncate_unit(u->rows + u->starts[i], u->starts[i + 1] - u->starts[i], s,
            w->groups, w->mask);
}

/* What one truncation needs, or the greediest of several. */
static enum err
room_for_passes(struct diag *d, struct arena *a, struct rows *w)
{
    size_t groups_n = 0;

    for (size_t i = 0; i < w->plan->steps_n; i++) {
        const struct plan_step *s = &w->plan->steps[i];
        if (s->kind == STEP_GROUPS && s->by_n > groups_n)
            groups_n = s->by_n;
    }
    for (size_t k = 0; k < groups_n; k++) {
        w->groups[k] = arena_array(a, sizeof *w->groups[k], w->t->rows);
        if (w->groups[k] == NULL)
            return no_memory(d);
    }
    w->mask = arena_array(a, 1, w->t->rows + 1);
    return w->mask != NULL ? ERR_OK : no_memory(d);
}

static enum err
do_truncations(struct diag *d, struct arena *a, struct rows *w)
{
    for (size_t i = 0; i < w->plan->steps_n; i++) {
        const struct plan_step *s = &w->plan->steps[i];
        if (s->kind != STEP_GROUPS && s->kind != STEP_TRUNCATE)
            continue;
        if (w->mask == NULL)
            TRY(room_for_passes(d, a, w));
        if (s->kind == STEP_GROUPS) {
            truncate_groups(w, i);
        } else {
            pass(w, i, NULL);
            table_truncate(w->t, s->limit, w->mask);
        }
        w->steps_from = i + 1;
    }
    return ERR_OK;
}

enum err
rows_open(struct diag *d, struct arena *a, const struct plan *p, const struct table *t,
    struct rows **out)
{
    struct rows *w = arena_array(a, sizeof *w, 1);

    if (w == NULL)
        return no_memory(d);
    w->plan = p;
    w->t = t;
    w->kept = t->kept;
    TRY(prepare(d, a, w));
    TRY(do_truncations(d, a, w));
    *out = w;
    return ERR_OK;
}

bool
rows_next(struct rows *w, struct batch *out)
{
    if (w->at == w->t->rows && w->copy + 1 < w->plan->copies) {
        w->at = 0;
        w->copy++;
    }
    if (w->at == w->t->rows)
        return false;
    make_batch(w, w->at, batch_rows(w, w->at), w->plan->steps_n, out);
    w->at += out->n;
    return true;
}
