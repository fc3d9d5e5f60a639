/* evidence.c -- what the rules of disclosure control need to know of an exact answer. */
#include "sandbox/evidence.h"

#include "datasite/base/check.h"
#include "sandbox/cells.h"
#include "sandbox/kernel.h"

/* What is gathered row by row, then person by person. The last cell holds the rows that
 * the question keeps and no key names. */
struct gathering {
    const struct plan *p;
    const struct table *t;
    bool summed;
    size_t bins, stride;  /* stride: cells of the grouping times bins, and the rest */
    uint32_t *cell;       /* of each row; stride: the question does not keep it */
    int64_t *value;       /* of each row, when summed */
    struct sdc_cell *all; /* by cell */
    int64_t *first;       /* by cell: a value of it, to compare the others with */
    uint32_t *seen;       /* by cell: the person + 1 whose sum is in part */
    __int128 *part, *total;
};

/* What is not here has no evidence, and no machine says that it may leave. */
static const enum sdc_kind kinds[] = {
    [MEASURE_COUNT] = SDC_COUNTS,
    [MEASURE_COUNT_UNITS] = SDC_COUNTS,
    [MEASURE_HISTOGRAM] = SDC_COUNTS,
    [MEASURE_SUM] = SDC_SUMS,
    [MEASURE_MEAN] = SDC_MEANS,
    [MEASURE_VARIANCE] = SDC_MEANS,
    [MEASURE_QUANTILE] = SDC_RANKS,
};

static enum sdc_kind
kind_of(const struct plan *p)
{
    size_t k = p->measure.kind;

    /* a join that repeats rows has more of them than the table */
    if (p->grouping.is_unknown || p->copies > 1 || k >= ARRAY_N(kinds))
        return SDC_OPAQUE;
    return kinds[k];
}

static enum err
room(struct diag *d, struct arena *a, struct gathering *g)
{
    g->cell = arena_array(a, sizeof *g->cell, g->t->rows + 1);
    g->value = arena_array(a, sizeof *g->value, g->t->rows + 1);
    g->all = arena_array(a, sizeof *g->all, g->stride);
    g->first = arena_array(a, sizeof *g->first, g->stride);
    g->seen = arena_array(a, sizeof *g->seen, g->stride);
    g->part = arena_array(a, sizeof *g->part, g->stride);
    g->total = arena_array(a, sizeof *g->total, g->stride);
    if (g->cell == NULL || g->value == NULL || g->all == NULL || g->first == NULL ||
        g->seen == NULL || g->part == NULL || g->total == NULL)
        return FAIL(d, ERR_TOO_LARGE, "The evidence needs too much memory.");
    return ERR_OK;
}

/* ---- rows ---- */

static void
keep_row(struct gathering *g, size_t row, uint32_t cell, int64_t value)
{
    struct sdc_cell *c = &g->all[cell];

    g->cell[row] = cell;
    g->value[row] = value;
    c->equal = c->rows == 0 || (c->equal && g->first[cell] == value);
    g->first[cell] = value;
    c->rows++;
}

static void
keep_batch(struct gathering *g, const struct cells *cells, struct batch *b)
{
    uint32_t cell[BATCH_ROWS], bin[BATCH_ROWS];
    size_t field = g->p->measure.field;

    cells_of(cells, b, cell);
    if (g->bins > 0) {
        kernel_bins(
            b->values[field], b->valid[field], g->p->measure.edges, g->bins, bin, b->n);
        for (size_t i = 0; i < b->n; i++) {
            cell[i] = bin[i] < g->bins && cell[i] < g->p->grouping.cells
                ? cell[i] * (uint32_t)g->bins + bin[i]
                : (uint32_t)g->stride - 1;
        }
    }
    for (size_t i = 0; i < b->n; i++) {
        bool kept = b->mask[i] != 0 && (!g->summed || b->valid[field][i] != 0);
        if (kept) {
            keep_row(g, b->from + i, cell[i], g->summed ? b->values[field][i] : 0);
        } else {
            g->cell[b->from + i] = (uint32_t)g->stride;
        }
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
    g->total[cell] += size;
    if (size > c->largest) {
        c->second = c->largest;
        c->largest = size;
    } else if (size > c->second) {
        c->second = size;
    }
    g->part[cell] = 0;
    g->seen[cell] = 0;
}

static void
gather_person(struct gathering *g, uint32_t person, const uint32_t *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t cell = g->cell[rows[i]];
        if (cell == g->stride)
            continue;
        g->seen[cell] = person + 1;
        g->part[cell] += g->value[rows[i]];
    }
    for (size_t i = 0; i < n; i++) {
        uint32_t cell = g->cell[rows[i]];
        if (cell != g->stride && g->seen[cell] == person + 1)
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
    for (size_t c = 0; c < g->stride; c++)
        g->all[c].total = size_of(g->total[c]);
}

/* ---- the evidence ---- */

static enum err
gather(struct diag *d, struct arena *a, struct gathering *g)
{
    struct cells cells;
    struct rows *w;
    struct batch b;

    TRY(room(d, a, g));
    TRY(cells_open(d, a, g->p, &g->p->grouping, g->t, &cells));
    TRY(rows_open(d, a, g->p, g->t, &w));
    while (rows_next(w, &b))
        keep_batch(g, &cells, &b);
    gather_persons(g);
    return ERR_OK;
}

/* By key, and within a key by bin. */
static enum err
by_key(struct diag *d, struct arena *a, const struct gathering *g,
    struct sdc_evidence *out)
{
    const struct grouping *k = &g->p->grouping;
    size_t each = g->bins > 0 ? g->bins : 1;
    struct sdc_cell *cells = arena_array(a, sizeof *cells, k->keys_n * each + 1);

    if (cells == NULL)
        return FAIL(d, ERR_TOO_LARGE, "The evidence needs too much memory.");
    for (size_t i = 0; i < k->keys_n; i++) {
        size_t cell = k->cell_of_key != NULL ? k->cell_of_key[i] : i;
        for (size_t bin = 0; bin < each; bin++)
            cells[i * each + bin] = g->all[cell * each + bin];
    }
    out->cells = cells;
    out->cells_n = k->keys_n * each;
    out->rest_persons = g->all[g->stride - 1].persons;
    return ERR_OK;
}

/* Lists of keys have no lines of their own: they count as one. */
static size_t
line_of(const struct plan *p, size_t cells_n)
{
    const struct grouping *k = &p->grouping;

    if (p->measure.kind == MEASURE_HISTOGRAM)
        return p->measure.bins;
    if (k->axes_n == 0)
        return 1;
    return k->cell_of_key != NULL ? cells_n : k->axes[k->axes_n - 1].n;
}

enum err
evidence_of(struct diag *d, struct arena *a, const struct plan *p,
    const struct table *t, struct sdc_evidence *out)
{
    struct gathering g = {.p = p, .t = t};

    *out = (struct sdc_evidence){.kind = kind_of(p), .line = 1};
    if (out->kind == SDC_OPAQUE)
        return ERR_OK;
    g.summed = out->kind == SDC_SUMS || out->kind == SDC_MEANS;
    g.bins = p->measure.kind == MEASURE_HISTOGRAM ? p->measure.bins : 0;
    g.stride = p->grouping.cells * (g.bins > 0 ? g.bins : 1) + 1;
    TRY(gather(d, a, &g));
    TRY(by_key(d, a, &g, out));
    out->line = line_of(p, out->cells_n);
    for (size_t i = 0; i < p->measure.quantiles.nums_n; i++) {
        uint64_t num = p->measure.quantiles.nums[i];
        out->extreme = out->extreme || num == 0 || num == QUANTILE_DEN;
    }
    return ERR_OK;
}
