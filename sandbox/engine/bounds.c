/* bounds.c -- bounds for a column from its rows: a histogram over powers of two. */
#include "sandbox/engine/bounds.h"

#include "policies/tail.h"
#include "sandbox/engine/measure.h"

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

/* The bins of a key from the first above the threshold to the one after the last. */
struct range {
    size_t low, high;
};

static struct range
range_of(const int64_t *counts, int64_t threshold)
{
    struct range r = {0, BOUNDS_BINS};

    while (r.low < BOUNDS_BINS && counts[r.low] <= threshold)
        r.low++;
    while (r.high > r.low && counts[r.high - 1] <= threshold)
        r.high--;
    return r;
}

static void
tell(const struct plan *p, const struct range *ranges, struct buf *json)
{
    const int64_t *edges = p->measure.edges;
    const char *between = "";

    buf_addz(json, "{\"keys\":[");
    for (size_t k = 0; k < p->grouping.keys_n; k++) {
        if (ranges[k].low == ranges[k].high)
            continue;
        buf_addz(json, between);
        measure_text_named(p, k, "lower", json);
        buf_addz(json, ",");
        measure_text_named(p, k, "upper", json);
        between = ",";
    }
    buf_addz(json, "],\"values\":[");
    between = "";
    for (size_t k = 0; k < p->grouping.keys_n; k++) {
        if (ranges[k].low == ranges[k].high)
            continue;
        buf_addf(json, "%s%lld,%lld", between, (long long)edges[ranges[k].low],
            (long long)edges[ranges[k].high] - 1);
        between = ",";
    }
    buf_addf(json, "],\"decimals\":%d,\"error95\":\"\"}", measure_decimals(p));
}

enum err
bounds_answer(struct diag *d, struct arena *a, const struct plan *p,
    const struct mechanism *m, const struct table *t, struct rng *r, struct buf *json)
{
    size_t keys = p->grouping.keys_n, n = keys * BOUNDS_BINS;
    __int128 *truth = arena_array(a, sizeof *truth, n);
    int64_t *counts = arena_array(a, sizeof *counts, n);
    struct range *ranges = arena_array(a, sizeof *ranges, keys);

    if (truth == NULL || counts == NULL || ranges == NULL)
        return FAIL(d, ERR_TOO_LARGE, "The question needs too much memory.");
    TRY(measure_vector(d, a, p, t, truth));
    if (m != NULL)
        mechanism_run(m, r, truth, n, counts);
    for (size_t i = 0; m == NULL && i < n; i++)
        counts[i] = mechanism_saturate(truth[i], 0);
    for (size_t k = 0; k < keys; k++)
        ranges[k] = range_of(counts + k * BOUNDS_BINS, threshold_of(m));
    tell(p, ranges, json);
    return json->full ? FAIL(d, ERR_TOO_LARGE, "The answer is too long.") : ERR_OK;
}
