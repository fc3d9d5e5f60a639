/* measure.c -- the exact vector of a question. */
#include "sandbox/measure.h"

#include "datasite/base/check.h"
#include "sandbox/cells.h"
#include "sandbox/choice.h"
#include "sandbox/logistic.h"
#include "sandbox/moments.h"
#include "sandbox/rowmeasure.h"
#include "sandbox/rows.h"
#include "sandbox/sparse.h"
#include "sandbox/stability.h"

#include <string.h>

#define LANES_CELLS_MAX 4096 /* beyond, lanes would not stay in the cache */
#define LANES_N         4
#define NARROW_MAX      (INT64_C(1) << 32) /* values whose sums fit int64 for long */
#define NARROW_BATCHES  ((INT64_C(1) << 62) / (NARROW_MAX * BATCH_ROWS))

/* What a pass adds up. Cells are those of the grouping (times bins), and one more for
 * the rows that belong to none. */
struct tally {
    const struct plan *p;
    size_t bins, stride, lanes;
    bool narrow;
    int64_t *counts;    /* lanes * stride; NULL: not wanted */
    int64_t *part;      /* lanes * stride: sums until they are moved */
    __int128 *sums;     /* stride; NULL: not wanted */
    int64_t parts_left; /* batches until part has to be moved */
    struct cells cells;
    int64_t *by_bin;      /* bins: of the cell that is told */
    uint32_t *unit_cells; /* COUNT_UNITS: by row, its cell, or the last one */
};

size_t
measure_width(const struct plan *p)
{
    switch (p->measure.kind) {
    case MEASURE_COUNT:
    case MEASURE_COUNT_UNITS:
    case MEASURE_SUM:
    case MEASURE_SAMPLE_AGGREGATE:
    case MEASURE_COLLECT:
        return 1;
    case MEASURE_MEAN:
        return 2;
    case MEASURE_HISTOGRAM:
    case MEASURE_BOUNDS:
        return p->measure.bins;
    case MEASURE_QUANTILE:
    case MEASURE_MOST_COMMON:
        return choice_width(p);
    case MEASURE_VARIANCE:
    case MEASURE_COVARIANCE:
    case MEASURE_FIT_LINEAR:
        return moments_width(p);
    case MEASURE_FIT_LOGISTIC:
        return logistic_width(p);
    case MEASURE_ABOVE_THRESHOLD:
        return p->measure.fields_n;
    }
    UNREACHABLE();
}

size_t
measure_told(const struct plan *p)
{
    return choice_is(p) ? choice_picks(p) : measure_width(p);
}

static bool
has_bins(const struct plan *p)
{
    return p->measure.kind == MEASURE_HISTOGRAM || p->measure.kind == MEASURE_BOUNDS ||
        choice_is(p);
}

static const struct schema_column *
measured(const struct plan *p)
{
    return &p->scope.fields[p->measure.field].type;
}

static bool
wants_sums(const struct plan *p)
{
    return p->measure.kind == MEASURE_SUM || p->measure.kind == MEASURE_MEAN;
}

static enum err
no_memory(struct diag *d)
{
    return FAIL(d, ERR_TOO_LARGE, "The question needs too much memory.");
}

/* ---- the cells of a batch ---- */

/* A histogram's cells are those of the grouping, divided into bins. */
static void
batch_bins(const struct tally *y, const struct batch *b, uint32_t *cell)
{
    uint32_t bin[BATCH_ROWS];
    size_t field = y->p->measure.field;

    kernel_bins(
        b->values[field], b->valid[field], y->p->measure.edges, y->bins, bin, b->n);
    kernel_cells_divide(cell, (uint32_t)(y->bins + 1), bin, b->n);
}

/* ---- adding up ---- */

static void
move_parts(struct tally *y)
{
    for (size_t lane = 0; lane < y->lanes; lane++)
        for (size_t i = 0; i < y->stride; i++)
            y->sums[i] += y->part[lane * y->stride + i];
    memset(y->part, 0, y->lanes * y->stride * sizeof *y->part);
    y->parts_left = NARROW_BATCHES;
}

static void
add_whole(struct tally *y, const struct batch *b)
{
    const int64_t *values;

    if (y->counts != NULL)
        y->counts[0] += kernel_count(b->mask, b->n);
    if (y->sums == NULL)
        return;
    values = b->values[y->p->measure.field];
    y->sums[0] += y->narrow ? kernel_sum(values, b->mask, b->n)
                            : kernel_sum_wide(values, b->mask, b->n);
}

static void
add_by_cell(struct tally *y, const struct batch *b, const uint32_t *cell)
{
    const int64_t *values;

    if (y->counts != NULL)
        kernel_group_count(cell, b->mask, y->counts, y->stride, y->lanes, b->n);
    if (y->sums == NULL)
        return;
    values = b->values[y->p->measure.field];
    if (!y->narrow) {
        kernel_group_sum_wide(cell, b->mask, values, y->sums, b->n);
        return;
    }
    kernel_group_sum(cell, b->mask, values, y->part, y->stride, y->lanes, b->n);
    if (--y->parts_left == 0)
        move_parts(y);
}

/* The cell of every kept row, for the pass over units. */
static void
keep_cells(struct tally *y, const struct batch *b, const uint32_t *cell)
{
    uint32_t none = (uint32_t)y->stride - 1;

    for (size_t i = 0; i < b->n; i++) {
        uint32_t keep = (uint32_t)0 - b->mask[i];
        y->unit_cells[b->from + i] = (cell[i] & keep) | (none & ~keep);
    }
}

static void
add_batch(struct tally *y, struct batch *b)
{
    uint32_t cell[BATCH_ROWS];

    if (wants_sums(y->p)) /* rows without a value do not contribute */
        kernel_and(b->mask, b->valid[y->p->measure.field], b->mask, b->n);
    if (y->stride == 2 && y->unit_cells == NULL) {
        add_whole(y, b);
        return;
    }
    cells_of(&y->cells, b, cell);
    if (has_bins(y->p))
        batch_bins(y, b, cell);
    if (y->unit_cells != NULL)
        keep_cells(y, b, cell);
    else
        add_by_cell(y, b, cell);
}

/* Each unit once in each cell that its rows reach. */
static enum err
count_units(struct diag *d, struct arena *a, struct tally *y, const struct units *u)
{
    uint32_t *last = arena_array(a, sizeof *last, y->stride); /* unit + 1 seen last */

    if (last == NULL)
        return no_memory(d);
    for (size_t i = 0; i < u->n; i++) {
        for (uint32_t k = u->starts[i]; k < u->starts[i + 1]; k++) {
            uint32_t cell = y->unit_cells[u->rows[k]];
            y->counts[cell] += last[cell] != i + 1;
            last[cell] = (uint32_t)i + 1;
        }
    }
    return ERR_OK;
}

/* ---- the vector ---- */

static enum err
tally_room(struct diag *d, struct arena *a, struct tally *y, const struct table *t)
{
    const struct plan *p = y->p;
    bool by_unit = p->measure.kind == MEASURE_COUNT_UNITS && t->units != NULL;
    size_t cells = p->grouping.cells + 1;

    y->bins = has_bins(p) ? p->measure.bins : 0;
    y->stride = cells * (y->bins + 1);
    y->by_bin = arena_array(a, sizeof *y->by_bin, y->bins + 1);
    if (y->by_bin == NULL)
        return no_memory(d);
    y->lanes = y->stride <= LANES_CELLS_MAX ? LANES_N : 1;
    y->parts_left = NARROW_BATCHES;
    if (p->measure.kind != MEASURE_SUM)
        y->counts = arena_array(a, sizeof *y->counts, y->lanes * y->stride);
    if (p->measure.kind != MEASURE_SUM && y->counts == NULL)
        return no_memory(d);
    if (wants_sums(p)) {
        y->narrow =
            measured(p)->lower >= -NARROW_MAX && measured(p)->upper <= NARROW_MAX;
        y->part = arena_array(a, sizeof *y->part, y->lanes * y->stride);
        y->sums = arena_array(a, sizeof *y->sums, y->stride);
        if (y->part == NULL || y->sums == NULL)
            return no_memory(d);
    }
    if (by_unit) {
        y->unit_cells = arena_array(a, sizeof *y->unit_cells, t->rows + 1);
        if (y->unit_cells == NULL)
            return no_memory(d);
    }
    return cells_open(d, a, p, &p->grouping, t, &y->cells);
}

static int64_t
count_at(const struct tally *y, size_t i)
{
    int64_t count = 0;

    for (size_t lane = 0; lane < y->lanes; lane++)
        count += y->counts[lane * y->stride + i];
    return count;
}

static void
tell_cell(const struct tally *y, size_t cell, __int128 *out)
{
    const struct plan *p = y->p;

    switch (p->measure.kind) {
    case MEASURE_COUNT:
    case MEASURE_COUNT_UNITS:
        out[0] = count_at(y, cell);
        return;
    case MEASURE_SUM:
        out[0] = y->sums[cell];
        return;
    case MEASURE_MEAN:
        out[0] = 2 * y->sums[cell] -
            ((__int128)measured(p)->lower + measured(p)->upper) * count_at(y, cell);
        out[1] = (__int128)mean_weight(p) * count_at(y, cell);
        return;
    case MEASURE_HISTOGRAM:
    case MEASURE_BOUNDS:
        for (size_t i = 0; i < y->bins; i++)
            out[i] = count_at(y, cell * (y->bins + 1) + i);
        return;
    case MEASURE_QUANTILE:
    case MEASURE_MOST_COMMON:
        for (size_t i = 0; i < y->bins; i++)
            y->by_bin[i] = count_at(y, cell * (y->bins + 1) + i);
        choice_scores(p, y->by_bin, out);
        return;
    case MEASURE_VARIANCE:
    case MEASURE_COVARIANCE:
    case MEASURE_FIT_LINEAR:
    case MEASURE_FIT_LOGISTIC:
    case MEASURE_ABOVE_THRESHOLD:
    case MEASURE_SAMPLE_AGGREGATE:
    case MEASURE_COLLECT:
        break; /* these have passes of their own */
    }
    UNREACHABLE();
}

static enum err
tally_vector(struct diag *d, struct arena *a, const struct plan *p,
    const struct table *t, __int128 *out)
{
    const struct grouping *g = &p->grouping;
    struct tally y = {.p = p};
    struct rows *w;
    struct batch b;

    TRY(tally_room(d, a, &y, t));
    TRY(rows_open(d, a, p, t, &w));
    while (rows_next(w, &b))
        add_batch(&y, &b);
    if (y.part != NULL)
        move_parts(&y);
    if (y.unit_cells != NULL)
        TRY(count_units(d, a, &y, t->units));
    for (size_t k = 0; k < g->keys_n; k++) {
        size_t cell = g->cell_of_key != NULL ? g->cell_of_key[k] : k;
        tell_cell(&y, cell, out + k * measure_width(p));
    }
    return ERR_OK;
}

enum err
measure_vector(struct diag *d, struct arena *a, const struct plan *p,
    const struct table *t, __int128 *out)
{
    switch (p->measure.kind) {
    case MEASURE_COUNT:
    case MEASURE_COUNT_UNITS:
    case MEASURE_SUM:
    case MEASURE_MEAN:
    case MEASURE_HISTOGRAM:
    case MEASURE_QUANTILE:
    case MEASURE_MOST_COMMON:
    case MEASURE_BOUNDS:
        return tally_vector(d, a, p, t, out);
    case MEASURE_VARIANCE:
    case MEASURE_COVARIANCE:
    case MEASURE_FIT_LINEAR:
        return moments_vector(d, a, p, t, out);
    case MEASURE_FIT_LOGISTIC:
        return logistic_vector(d, a, p, t, out);
    case MEASURE_ABOVE_THRESHOLD:
        return sparse_vector(d, a, p, t, out);
    case MEASURE_SAMPLE_AGGREGATE:
        return row_blocks_sum(d, a, p, t, out);
    case MEASURE_COLLECT:
        break; /* has no vector */
    }
    UNREACHABLE();
}
