/* sparse.c -- the first of a list of conditions that holds for more rows than a threshold. */
#include "sandbox/sparse.h"

#include "policies/selection.h"
#include "sandbox/measure.h"
#include "sandbox/rows.h"

enum err
sparse_vector(struct diag *d, struct arena *a, const struct plan *p,
    const struct table *t, __int128 *out)
{
    struct rows *w;
    struct batch b;

    for (size_t i = 0; i < p->measure.fields_n; i++)
        out[i] = 0;
    TRY(rows_open(d, a, p, t, &w));
    while (rows_next(w, &b))
        for (size_t i = 0; i < p->measure.fields_n; i++)
            out[i] += kernel_sum(b.values[p->measure.fields[i]], b.mask, b.n);
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

enum err
sparse_answer(struct diag *d, struct arena *a, const struct plan *p,
    const struct mechanism *m, const struct table *t, struct rng *r, struct buf *json)
{
    size_t n = p->measure.fields_n, at;
    __int128 *counts = arena_array(a, sizeof *counts, n);
    char error[32];

    if (counts == NULL)
        return FAIL(d, ERR_TOO_LARGE, "The question needs too much memory.");
    TRY(sparse_vector(d, a, p, t, counts));
    at = m != NULL ? sparse_run(m, r, counts, n, p->measure.threshold)
                   : first_above(counts, n, p->measure.threshold);
    if (at < n)
        buf_addf(json, "{\"value\":%zu", at + 1);
    else
        buf_addz(json, "{\"value\":null");
    buf_addf(json, ",\"decimals\":0,\"error95\":\"%s\"}",
        measure_error(p, m != NULL ? m->error95 : 0, 0, error));
    return ERR_OK;
}
