/* evidence.c -- what the rules of disclosure control need to know of an exact answer. */
#include "sandbox/engine/evidence.h"

#include "datasite/base/check.h"
#include "sandbox/engine/choice.h"
#include "sandbox/engine/reach.h"

/* What is gathered row by row, then person by person. The last cell holds the rows that
 * the question keeps and no key names. */
struct gathering {
    const struct plan *p;
    const struct table *t;
    struct reach reach;
    const uint32_t *cell; /* the layer of it that is looked at */
    size_t stride;        /* cells, and the rest */
    struct sdc_cell *all; /* by cell */
    int64_t *common;      /* by cell: the value that more than half have, if one is */
    int64_t *votes;
    uint32_t *seen; /* by cell: the person + 1 whose sum is in part */
    bool *odd;      /* by cell: that person has another value than the common one */
    __int128 *part, *total;
};

static enum sdc_kind
kind_of(const struct plan *p)
{
    if (p->copies > 1) /* a join that repeats rows has more of them than the table */
        return SDC_OPAQUE;
    switch (p->measure.kind) {
    case MEASURE_COUNT:
    case MEASURE_COUNT_UNITS:
    case MEASURE_HISTOGRAM:
    case MEASURE_MOST_COMMON:
    case MEASURE_ABOVE_THRESHOLD:
        return SDC_COUNTS;
    case MEASURE_SUM:
        return SDC_SUMS;
    case MEASURE_MEAN:
    case MEASURE_VARIANCE:
        return SDC_MEANS;
    case MEASURE_QUANTILE:
    case MEASURE_BOUNDS:
        return SDC_RANKS;
    case MEASURE_COVARIANCE:
    case MEASURE_FIT_LINEAR:
    case MEASURE_FIT_LOGISTIC:
        return SDC_MODELS;
    case MEASURE_SAMPLE_AGGREGATE:
    case MEASURE_COLLECT:
        return SDC_OPAQUE; /* no machine says that a program's word may leave */
    case MEASURE_KEYS:
        break; /* has no exact answer */
    }
    UNREACHABLE();
}

static enum err
no_memory(struct diag *d)
{
    return FAIL(d, ERR_TOO_LARGE, "The evidence needs too much memory.");
}

static enum err
room(struct diag *d, struct arena *a, struct gathering *g)
{
    g->all = arena_array(a, sizeof *g->all, g->stride);
    g->common = arena_array(a, sizeof *g->common, g->stride);
    g->votes = arena_array(a, sizeof *g->votes, g->stride);
    g->seen = arena_array(a, sizeof *g->seen, g->stride);
    g->odd = arena_array(a, sizeof *g->odd, g->stride);
    g->part = arena_array(a, sizeof *g->part, g->stride);
    g->total = arena_array(a, sizeof *g->total, g->stride);
    if (g->all == NULL || g->common == NULL || g->votes == NULL || g->seen == NULL ||
        g->odd == NULL || g->part == NULL || g->total == NULL)
        return no_memory(d);
    return ERR_OK;
}

/* ---- rows ---- */

/* The value that more than half of a cell's rows have stays (Boyer and Moore). */
static void
vote(struct gathering *g, uint32_t cell, int64_t value)
{
    if (g->votes[cell] == 0)
        g->common[cell] = value;
    g->votes[cell] += g->common[cell] == value ? 1 : -1;
    g->all[cell].rows++;
}

static void
gather_rows(struct gathering *g)
{
    for (size_t i = 0; i < g->t->rows; i++) {
        if (g->cell[i] < g->stride)
            vote(g, g->cell[i], g->reach.value[i]);
    }
}

/* ---- persons ---- */

static int64_t
size_of(__int128 v)
{
    __int128 size = v < 0 ? -v : v;

    return size > INT64_MAX ? INT64_MAX : (int64_t)size;
}

/* A person's sum in a cell is whole: it counts once. */
static void
close_person(struct gathering *g, uint32_t cell)
{
    struct sdc_cell *c = &g->all[cell];
    int64_t size = size_of(g->part[cell]);

    c->persons++;
    c->differing += g->odd[cell];
    g->total[cell] += size;
    if (size > c->largest) {
        c->second = c->largest;
        c->largest = size;
    } else if (size > c->second) {
        c->second = size;
    }
    g->part[cell] = 0;
    g->seen[cell] = 0;
    g->odd[cell] = false;
}

static void
gather_person(struct gathering *g, uint32_t person, const uint32_t *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t cell = g->cell[rows[i]];
        int64_t value = g->reach.value[rows[i]];
        if (cell >= g->stride)
            continue;
        g->seen[cell] = person + 1;
        g->part[cell] += value;
        g->odd[cell] = g->odd[cell] || value != g->common[cell];
    }
    for (size_t i = 0; i < n; i++) {
        uint32_t cell = g->cell[rows[i]];
        if (cell < g->stride && g->seen[cell] == person + 1)
            close_person(g, cell);
    }
}

static void
gather_persons(struct gathering *g)
{
    const struct units *u = g->t->units;

    for (size_t i = 0; u == NULL && i < g->t->rows; i++) {
        uint32_t row = (uint32_t)i;
        gather_person(g, row, &row, 1);
    }
    for (size_t i = 0; u != NULL && i < u->n; i++) {
        gather_person(
            g, (uint32_t)i, u->rows + u->starts[i], u->starts[i + 1] - u->starts[i]);
    }
}

/* ---- the cells ---- */

/* Of one field, every layer. Rows in several layers are in different cells. */
static enum err
gather(struct diag *d, struct arena *a, size_t field, struct gathering *g)
{
    TRY(reach_of(d, a, g->p, g->t, field, &g->reach));
    g->stride = g->reach.cells + 1;
    TRY(room(d, a, g));
    for (size_t layer = 0; layer < g->reach.layers; layer++) {
        g->cell = g->reach.cell + layer * g->t->rows;
        gather_rows(g);
        gather_persons(g);
    }
    for (size_t c = 0; c < g->stride; c++) {
        struct sdc_cell *cell = &g->all[c];
        cell->total = size_of(g->total[c]);
        cell->equal = cell->rows > 0 && cell->differing == 0;
    }
    return ERR_OK;
}

/* A model tells of each of its fields: what gives most away stays. */
static void
merge(struct sdc_cell *io, const struct sdc_cell *other)
{
    io->equal = io->equal || other->equal;
    if (other->differing > 0 &&
        (io->differing == 0 || other->differing < io->differing))
        io->differing = other->differing;
}

static enum err
gather_model(struct diag *d, struct arena *a, struct gathering *g)
{
    const struct plan_measure *m = &g->p->measure;

    TRY(gather(d, a, m->fields[0], g));
    for (size_t i = 1; i < m->fields_n; i++) {
        struct gathering other = {.p = g->p, .t = g->t};
        TRY(gather(d, a, m->fields[i], &other));
        for (size_t c = 0; c < g->stride; c++)
            merge(&g->all[c], &other.all[c]);
    }
    return ERR_OK;
}

/* Rows beyond the outermost of the quantiles, in the cell where they are fewest. */
static void
count_beyond(struct gathering *g)
{
    const struct quantiles *q = &g->p->measure.quantiles;
    uint64_t least = QUANTILE_DEN;

    for (size_t i = 0; i < q->nums_n; i++) {
        uint64_t other = QUANTILE_DEN - q->nums[i];
        least = q->nums[i] < least ? q->nums[i] : least;
        least = other < least ? other : least;
    }
    if (g->p->measure.kind == MEASURE_BOUNDS)
        least = 0;
    for (size_t c = 0; c < g->stride; c++)
        g->all[c].beyond = (int64_t)((__int128)g->all[c].rows * least / QUANTILE_DEN);
}

/* Of each key the categories that are told, the most common first. */
static enum err
keep_picks(struct diag *d, struct arena *a, struct gathering *g)
{
    size_t within = g->reach.within, picks = choice_picks(g->p);
    size_t keys = within > 0 ? g->reach.cells / within : 0;
    struct sdc_cell *told = arena_array(a, sizeof *told, keys * picks + 1);

    if (told == NULL)
        return no_memory(d);
    for (size_t k = 0; k < keys; k++) {
        struct sdc_cell *of_key = g->all + k * within;
        for (size_t i = 0; i < picks; i++) {
            size_t best = i;
            for (size_t c = i; c < within; c++)
                best = of_key[c].rows > of_key[best].rows ? c : best;
            told[k * picks + i] = of_key[best];
            of_key[best] = of_key[i];
        }
    }
    told[keys * picks] = g->all[g->reach.cells];
    g->all = told;
    g->reach.cells = keys * picks;
    g->reach.within = picks;
    return ERR_OK;
}

/* Lists of keys have no lines of their own: they count as one. */
static size_t
line_of(const struct gathering *g)
{
    const struct grouping *k = &g->p->grouping;

    if (g->p->measure.kind == MEASURE_ABOVE_THRESHOLD || k->is_unknown)
        return 1;
    if (g->reach.within > 1)
        return g->reach.within;
    if (k->axes_n == 0)
        return 1;
    return k->cell_of_key != NULL ? g->reach.cells : k->axes[k->axes_n - 1].n;
}

/* Coefficients of a fit; of a covariance, the means that it is taken about. */
static int64_t
parameters_of(const struct plan *p)
{
    const struct plan_measure *m = &p->measure;

    if (m->kind == MEASURE_COVARIANCE)
        return (int64_t)m->fields_n;
    return (int64_t)m->fields_n - 1 + m->intercept;
}

enum err
evidence_of(struct diag *d, struct arena *a, const struct plan *p,
    const struct table *t, struct sdc_evidence *out)
{
    struct gathering g = {.p = p, .t = t};
    size_t field = REACH_NO_FIELD;

    *out = (struct sdc_evidence){.kind = kind_of(p), .line = 1};
    if (out->kind == SDC_OPAQUE)
        return ERR_OK;
    if (out->kind == SDC_SUMS || out->kind == SDC_MEANS)
        field = p->measure.field;
    if (out->kind == SDC_MODELS) {
        TRY(gather_model(d, a, &g));
        out->parameters = parameters_of(p);
    } else {
        TRY(gather(d, a, field, &g));
    }
    if (out->kind == SDC_RANKS)
        count_beyond(&g);
    if (p->measure.kind == MEASURE_MOST_COMMON)
        TRY(keep_picks(d, a, &g));
    out->cells = g.all;
    out->cells_n = g.reach.cells;
    out->line = line_of(&g);
    out->rest_persons = g.all[g.reach.cells].persons;
    return ERR_OK;
}
