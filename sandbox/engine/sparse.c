/* sparse.c -- the first of a list of conditions that holds for more rows than a threshold. */
#include "sandbox/engine/sparse.h"

#include "policies/selection.h"
#include "sandbox/engine/cells.h"
#include "sandbox/engine/measure.h"
#include "sandbox/engine/rows.h"

static enum err
no_memory(struct diag *d)
{
    return FAIL(d, ERR_TOO_LARGE, "The question needs too much memory.");
}

enum err
sparse_vector(struct diag *d, struct arena *a, const struct plan *p,
    const struct table *t, __int128 *out)
{
    const struct grouping *g = &p->grouping;
    size_t n = p->measure.fields_n, stride = g->cells + 1;
    __int128 *sums = arena_array(a, sizeof *sums, n * stride); /* query by cell */
    uint32_t cell[BATCH_ROWS];
    struct cells cells;
    struct rows *w;
    struct batch b;

    if (sums == NULL)
        return no_memory(d);
    TRY(cells_open(d, a, p, g, t, &cells));
    TRY(rows_open(d, a, p, t, &w));
    while (rows_next(w, &b)) {
        cells_of(&cells, &b, cell);
        for (size_t i = 0; i < n; i++)
            kernel_group_sum_wide(
                cell, b.mask, b.values[p->measure.fields[i]], sums + i * stride, b.n);
    }
    for (size_t k = 0; k < g->keys_n; k++)
        for (size_t i = 0; i < n; i++)
            out[k * n + i] = sums[i * stride + grouping_cell(g, k)];
    return ERR_OK;
}

static size_t
first_above(const __int128 *counts, size_t n, int64_t threshold)
{
    size_t i = 0;

    while (i < n && counts[i] <= threshold)
        i++;
    return i;
}

static void
tell(const struct plan *p, const struct mechanism *m, struct rng *r,
    const __int128 *counts, struct buf *json)
{
    size_t n = p->measure.fields_n;
    bool grouped = p->grouping.axes_n > 0;
    char error[32];

    buf_addz(json, "{");
    if (grouped)
        measure_text_keys(p, json);
    buf_addz(json, grouped ? "\"values\":[" : "\"value\":");
    for (size_t k = 0; k < p->grouping.keys_n; k++) {
        size_t at = m != NULL
            ? sparse_run(m, r, counts + k * n, n, p->measure.threshold)
            : first_above(counts + k * n, n, p->measure.threshold);
        buf_addz(json, k > 0 ? "," : "");
        if (at < n)
            buf_addf(json, "%zu", at + 1);
        else
            buf_addz(json, "null");
    }
    buf_addf(json, "%s,\"decimals\":0,\"error95\":\"%s\"}", grouped ? "]" : "",
        measure_error(p, m != NULL ? m->error95 : 0, 0, error));
}

enum err
sparse_answer(struct diag *d, struct arena *a, const struct plan *p,
    const struct mechanism *m, const struct table *t, struct rng *r, struct buf *json)
{
    __int128 *counts =
        arena_array(a, sizeof *counts, p->measure.fields_n * p->grouping.keys_n);

    if (counts == NULL)
        return no_memory(d);
    TRY(sparse_vector(d, a, p, t, counts));
    tell(p, m, r, counts, json);
    return json->full ? FAIL(d, ERR_TOO_LARGE, "The answer is too long.") : ERR_OK;
}
