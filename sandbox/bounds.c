/* bounds.c -- bounds for a column from its rows: a histogram over powers of two. */
#include "sandbox/bounds.h"

#include "policies/tail.h"
#include "sandbox/measure.h"

#define EMPTY_MISS 0.01L /* probability that any empty bin passes */
#define HALF       (BOUNDS_BINS / 2)

void
bounds_edges(int64_t edges[BOUNDS_BINS + 1])
{
    edges[HALF] = 0;
    for (int i = 0; i < HALF; i++) {
        edges[HALF + 1 + i] = INT64_C(1) << i;
        edges[HALF - 1 - i] = -(INT64_C(1) << i);
    }
}

/* An empty bin's noise is above it with probability EMPTY_MISS / BOUNDS_BINS. */
static int64_t
threshold_of(const struct mechanism *m)
{
    long double miss = 2 * EMPTY_MISS / BOUNDS_BINS;

    if (m == NULL)
        return 0;
    return m->kind == MECH_DISCRETE_LAPLACE ? laplace_width(mechanism_scale(m), miss)
                                            : gaussian_width(mechanism_scale(m), miss);
}

static void
tell(const struct plan *p, const int64_t *counts, int64_t threshold, struct buf *json)
{
    size_t low = 0, high = BOUNDS_BINS;

    while (low < BOUNDS_BINS && counts[low] <= threshold)
        low++;
    while (high > low && counts[high - 1] <= threshold)
        high--;
    if (low < high)
        buf_addf(json, "{\"keys\":[[\"lower\"],[\"upper\"]],\"values\":[%lld,%lld]",
            (long long)p->measure.edges[low], (long long)p->measure.edges[high] - 1);
    else
        buf_addz(json, "{\"keys\":[],\"values\":[]");
    buf_addf(json, ",\"decimals\":%d,\"error95\":\"\"}", measure_decimals(p));
}

enum err
bounds_answer(struct diag *d, struct arena *a, const struct plan *p,
    const struct mechanism *m, const struct table *t, struct rng *r, struct buf *json)
{
    __int128 truth[BOUNDS_BINS];
    int64_t counts[BOUNDS_BINS];

    TRY(measure_vector(d, a, p, t, truth));
    if (m != NULL)
        mechanism_run(m, r, truth, BOUNDS_BINS, counts);
    for (size_t i = 0; m == NULL && i < BOUNDS_BINS; i++)
        counts[i] = mechanism_saturate(truth[i], 0);
    tell(p, counts, threshold_of(m), json);
    return ERR_OK;
}
