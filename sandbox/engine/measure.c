/* measure.c -- the exact vector of a question. */
#include "sandbox/engine/measure.h"

#include "datasite/base/check.h"
#include "sandbox/engine/cells.h"
#include "sandbox/engine/choice.h"
#include "sandbox/engine/linear.h"
#include "sandbox/engine/logistic.h"
#include "sandbox/engine/moments.h"
#include "sandbox/engine/rowmeasure.h"
#include "sandbox/engine/rows.h"
#include "sandbox/engine/sparse.h"
#include "sandbox/engine/stability.h"

#include <string.h>

#define LANES_CELLS_MAX 4096 /* beyond, lanes would not stay in the cache */
#define LANES_N         4
#define NARROW_MAX      (INT64_C(1) << 32) /* values whose sums fit int64 for long */
#define NARROW_BATCHES  ((INT64_C(1) << 62) / (NARROW_MAX * BATCH_ROWS))
#define PACK_MOVES_MIN  16 /* rows for each part that has to be moved, at least */

/* What a pass adds up. Cells are those of the grouping (times places), and one more for
 * the rows that belong to none. A histogram's places are its bins; or the values of the
 * field where these are few, which are put into bins at the end. */
struct tally {
    const struct plan *p;
    size_t bins, places, stride, lanes;
    bool narrow, by_value;
    int shift;       /* of packed counts, which stand above their sums; 0: not packed */
    int64_t *counts; /* lanes * stride; NULL: not wanted */
    int64_t *part;   /* lanes * stride: sums (packed: and counts) to be moved */
    __int128 *sums;  /* stride; NULL: not wanted */
    int64_t parts_max, parts_left; /* batches until part has to be moved */
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
    case MEASURE_KEYS:
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
    switch (p->measure.kind) {
    case MEASURE_QUANTILE:
    case MEASURE_MOST_COMMON:
        return choice_picks(p);
    case MEASURE_BOUNDS:
        return 2;
    case MEASURE_ABOVE_THRESHOLD:
        return 1;
    case MEASURE_FIT_LINEAR:
    case MEASURE_FIT_LOGISTIC:
        return fit_coefficients_n(p);
    case MEASURE_COUNT:
    case MEASURE_COUNT_UNITS:
    case MEASURE_KEYS:
    case MEASURE_SUM:
    case MEASURE_MEAN:
    case MEASURE_HISTOGRAM:
    case MEASURE_VARIANCE:
    case MEASURE_COVARIANCE:
    case MEASURE_SAMPLE_AGGREGATE:
    case MEASURE_COLLECT:
        return measure_width(p);
    }
    UNREACHABLE();
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

/* A histogram's cells are those of the grouping, divided into places. */
static void
batch_places(const struct tally *y, const struct batch *b, uint32_t *cell)
{
    uint32_t place[BATCH_ROWS];
    size_t field = y->p->measure.field;
    const int64_t *values = b->values[field];
    const uint8_t *valid = b->valid[field];

    if (y->by_value)
        kernel_cells_alone(values, valid, measured(y->p)->lower, y->places,
            (uint32_t)y->places, place, b->n);
    else
        kernel_bins(values, valid, y->p->measure.edges, y->bins, place, b->n);
    kernel_cells_divide(cell, (uint32_t)(y->places + 1), place, b->n);
}

/* ---- adding up ---- */

static void
move_packed(struct tally *y, size_t cell, int64_t packed)
{
    int64_t count = packed >> y->shift;

    y->counts[cell] += count;
    y->sums[cell] +=
        packed - (count << y->shift) + (__int128)count * measured(y->p)->lower;
}

static void
move_parts(struct tally *y)
{
    for (size_t lane = 0; lane < y->lanes; lane++) {
        const int64_t *part = y->part + lane * y->stride;
        for (size_t i = 0; i < y->stride && y->shift != 0; i++)
            move_packed(y, i, part[i]);
        for (size_t i = 0; i < y->stride && y->shift == 0; i++)
            y->sums[i] += part[i];
    }
    memset(y->part, 0, y->lanes * y->stride * sizeof *y->part);
    y->parts_left = y->parts_max;
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
    const int64_t *values = y->sums != NULL ? b->values[y->p->measure.field] : NULL;

    if (y->counts != NULL && y->shift == 0)
        kernel_group_count(cell, b->mask, y->counts, y->stride, y->lanes, b->n);
    if (y->sums == NULL)
        return;
    if (!y->narrow) {
        kernel_group_sum_wide(cell, b->mask, values, y->sums, b->n);
        return;
    }
    if (y->shift != 0)
        kernel_group_pack(cell, b->mask, values, measured(y->p)->lower, y->shift,
            y->part, y->stride, y->lanes, b->n);
    else
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
    if (y->p->grouping.axes_n == 0 && y->bins == 0 && y->unit_cells == NULL) {
        add_whole(y, b);
        return;
    }
    cells_of(&y->cells, b, cell);
    if (y->bins > 0)
        batch_places(y, b, cell);
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

/* Few enough values that counting by each keeps all lanes in the cache. */
static bool
has_few_values(const struct plan *p)
{
    const struct schema_column *c = measured(p);
    size_t cells = p->grouping.cells + 1;

    return c->bounded && c->lower >= INT32_MIN && c->upper <= INT32_MAX &&
        (size_t)(c->upper - c->lower) + 2 <= LANES_CELLS_MAX / cells;
}

static void
settle_places(struct tally *y)
{
    const struct plan *p = y->p;

    if (has_bins(p)) {
        y->bins = y->places = p->measure.bins;
        y->by_value = has_few_values(p);
        if (y->by_value)
            y->places = (size_t)(measured(p)->upper - measured(p)->lower) + 1;
    }
    y->stride = (p->grouping.cells + 1) * (y->places + 1);
    y->lanes = y->stride <= LANES_CELLS_MAX ? LANES_N : 1;
}

/* Counts and sums of groups are packed where the range of values leaves room for so many
 * rows that moving the parts is no work: range * rows < 2^shift, rows << shift < 2^62. */
static void
settle_packing(struct tally *y)
{
    uint64_t range = (uint64_t)(measured(y->p)->upper - measured(y->p)->lower);
    int bits = 64 - __builtin_clzll(range | 1), rows_bits = (62 - bits) / 2;
    size_t rows = (size_t)1 << rows_bits;

    y->parts_max = NARROW_BATCHES;
    if (y->counts == NULL || y->p->grouping.axes_n == 0 ||
        y->stride * y->lanes > rows / PACK_MOVES_MIN)
        return;
    y->shift = bits + rows_bits;
    y->parts_max = (int64_t)(rows / BATCH_ROWS);
}

static enum err
room_for_sums(struct diag *d, struct arena *a, struct tally *y)
{
    const struct schema_column *c = measured(y->p);

    y->narrow = c->lower >= -NARROW_MAX && c->upper <= NARROW_MAX;
    if (y->narrow)
        settle_packing(y);
    y->parts_left = y->parts_max;
    y->part = arena_array(a, sizeof *y->part, y->lanes * y->stride);
    y->sums = arena_array(a, sizeof *y->sums, y->stride);
    return y->part != NULL && y->sums != NULL ? ERR_OK : no_memory(d);
}

static enum err
tally_room(struct diag *d, struct arena *a, struct tally *y, const struct table *t)
{
    const struct plan *p = y->p;
    bool by_unit = p->measure.kind == MEASURE_COUNT_UNITS && t->units != NULL;

    settle_places(y);
    y->by_bin = arena_array(a, sizeof *y->by_bin, y->bins + 1);
    if (y->by_bin == NULL)
        return no_memory(d);
    if (p->measure.kind != MEASURE_SUM)
        y->counts = arena_array(a, sizeof *y->counts, y->lanes * y->stride);
    if (p->measure.kind != MEASURE_SUM && y->counts == NULL)
        return no_memory(d);
    if (wants_sums(p))
        TRY(room_for_sums(d, a, y));
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

/* Of a cell; whatever the edges are, it takes as many steps as there are values. */
static void
count_bins(const struct tally *y, size_t cell, int64_t *out)
{
    const int64_t *edges = y->p->measure.edges;
    size_t first = cell * (y->places + 1), bin = 0;

    memset(out, 0, y->bins * sizeof *out);
    for (size_t i = 0; i < y->places && !y->by_value; i++)
        out[i] = count_at(y, first + i);
    for (size_t i = 0; i < y->places && y->by_value; i++) {
        int64_t v = measured(y->p)->lower + (int64_t)i;
        while (bin + 1 < y->bins && edges[bin + 1] <= v)
            bin++;
        if (v >= edges[0] && v <= edges[y->bins])
            out[bin] += count_at(y, first + i);
    }
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
        count_bins(y, cell, y->by_bin);
        for (size_t i = 0; i < y->bins; i++)
            out[i] = y->by_bin[i];
        return;
    case MEASURE_QUANTILE:
    case MEASURE_MOST_COMMON:
        count_bins(y, cell, y->by_bin);
        choice_scores(p, y->by_bin, out);
        return;
    case MEASURE_VARIANCE:
    case MEASURE_COVARIANCE:
    case MEASURE_FIT_LINEAR:
    case MEASURE_FIT_LOGISTIC:
    case MEASURE_ABOVE_THRESHOLD:
    case MEASURE_SAMPLE_AGGREGATE:
    case MEASURE_COLLECT:
    case MEASURE_KEYS:
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
        size_t cell = grouping_cell(g, k);
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
    case MEASURE_KEYS:
        break; /* have no vector */
    }
    UNREACHABLE();
}
