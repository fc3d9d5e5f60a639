/* reach.c -- which rows stand behind which cell of an answer. */
#include "sandbox/engine/reach.h"

#include "datasite/base/check.h"
#include "sandbox/engine/cells.h"
#include "sandbox/engine/unknown.h"
#include "sandbox/table/kernel.h"

struct walk {
    const struct plan *p;
    struct reach *r;
    struct cells cells;
    size_t keys_n, field;
    const uint32_t *unknown; /* by row, the number of its key; NULL: keys are known */
};

static size_t
within_of(const struct plan *p)
{
    switch (p->measure.kind) {
    case MEASURE_HISTOGRAM:
    case MEASURE_MOST_COMMON:
        return p->measure.bins;
    case MEASURE_ABOVE_THRESHOLD:
        return p->measure.fields_n;
    case MEASURE_COUNT:
    case MEASURE_COUNT_UNITS:
    case MEASURE_KEYS:
    case MEASURE_SUM:
    case MEASURE_MEAN:
    case MEASURE_QUANTILE:
    case MEASURE_BOUNDS:
    case MEASURE_VARIANCE:
    case MEASURE_COVARIANCE:
    case MEASURE_FIT_LINEAR:
    case MEASURE_FIT_LOGISTIC:
    case MEASURE_SAMPLE_AGGREGATE:
    case MEASURE_COLLECT:
        return 1;
    }
    UNREACHABLE();
}

/* Has the row what the measure is made of? A histogram tells of those that have not. */
static bool
is_whole(const struct plan *p, const struct batch *b, size_t i)
{
    const struct plan_measure *m = &p->measure;

    if (m->kind == MEASURE_ABOVE_THRESHOLD)
        return true;
    for (size_t k = 0; k < m->fields_n; k++) {
        if (b->valid[m->fields[k]][i] == 0)
            return false;
    }
    bool reads = m->kind == MEASURE_SUM || m->kind == MEASURE_MEAN ||
        m->kind == MEASURE_QUANTILE || m->kind == MEASURE_BOUNDS ||
        m->kind == MEASURE_MOST_COMMON;
    return !reads || b->valid[m->field][i] != 0;
}

/* The key of each row as it is told; keys_n: none. */
static void
keys_of(const struct walk *w, const struct batch *b, uint32_t *key)
{
    const struct grouping *g = &w->p->grouping;

    if (w->unknown == NULL)
        cells_of(&w->cells, b, key);
    for (size_t i = 0; i < b->n; i++) {
        if (w->unknown != NULL)
            key[i] = w->unknown[b->from + i];
        else if (key[i] < g->cells && g->key_of_cell != NULL)
            key[i] = g->key_of_cell[key[i]];
        if (key[i] > w->keys_n)
            key[i] = (uint32_t)w->keys_n;
    }
}

static void
put_row(const struct walk *w, const struct batch *b, size_t i, uint32_t key,
    uint32_t bin, uint32_t *out)
{
    const struct reach *r = w->r;
    size_t rest = r->cells;

    if (b->mask[i] == 0 || !is_whole(w->p, b, i))
        *out = (uint32_t)rest + 1;
    else if (key >= w->keys_n || bin >= r->within)
        *out = (uint32_t)rest;
    else
        *out = key * (uint32_t)r->within + bin;
}

/* One bin a row, or a condition a layer. */
static void
put_batch(const struct walk *w, const struct batch *b, size_t copy)
{
    const struct plan_measure *m = &w->p->measure;
    uint32_t key[BATCH_ROWS], bin[BATCH_ROWS] = {0};
    bool lists = m->kind == MEASURE_ABOVE_THRESHOLD;

    keys_of(w, b, key);
    if (!lists && w->r->within > 1)
        kernel_bins(
            b->values[m->field], b->valid[m->field], m->edges, m->bins, bin, b->n);
    for (size_t layer = 0; layer < (lists ? m->fields_n : 1); layer++) {
        uint32_t *out = w->r->cell + (copy + layer) * w->r->rows + b->from;
        for (size_t i = 0; i < b->n; i++) {
            uint32_t at = lists ? (uint32_t)layer : bin[i];
            if (lists && b->values[m->fields[layer]][i] == 0)
                out[i] = (uint32_t)w->r->cells + 1;
            else
                put_row(w, b, i, key[i], at, &out[i]);
        }
    }
    for (size_t i = 0; i < b->n && w->field != REACH_NO_FIELD; i++)
        w->r->value[b->from + i] = b->values[w->field][i];
}

static enum err
room(struct diag *d, struct arena *a, const struct table *t, struct walk *w)
{
    struct reach *r = w->r;
    bool lists = w->p->measure.kind == MEASURE_ABOVE_THRESHOLD;

    r->within = within_of(w->p);
    w->keys_n = w->p->grouping.keys_n;
    if (w->p->grouping.is_unknown)
        TRY(unknown_keys(d, a, w->p, t, &w->unknown, &w->keys_n));
    r->cells = w->keys_n * r->within;
    r->rows = t->rows;
    r->layers = w->p->copies * (lists ? w->p->measure.fields_n : 1);
    r->cell = arena_array(a, sizeof *r->cell, r->layers * t->rows + 1);
    r->value = arena_array(a, sizeof *r->value, t->rows + 1);
    if (r->cell == NULL || r->value == NULL)
        return FAIL(d, ERR_TOO_LARGE, "The evidence needs too much memory.");
    return w->unknown != NULL ? ERR_OK
                              : cells_open(d, a, w->p, &w->p->grouping, t, &w->cells);
}

enum err
reach_of(struct diag *d, struct arena *a, const struct plan *p, const struct table *t,
    size_t field, struct reach *out)
{
    struct walk w = {.p = p, .r = out, .field = field};
    struct rows *rows;
    struct batch b;
    size_t layers, done = 0;

    *out = (struct reach){0};
    TRY(room(d, a, t, &w));
    layers = out->layers / p->copies;
    TRY(rows_open(d, a, w.p, t, &rows));
    while (rows_next(rows, &b)) {
        put_batch(&w, &b, done / t->rows * layers);
        done += b.n;
    }
    return ERR_OK;
}
