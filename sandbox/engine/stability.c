/* stability.c -- how far the exact answer moves when one privacy unit comes or goes. */
#include "sandbox/engine/stability.h"

#include "datasite/base/check.h"
#include "sandbox/engine/choice.h"
#include "sandbox/engine/logistic.h"
#include "sandbox/engine/moments.h"

#define LINF_MAX (INT64_C(1) << 62)
#define MOMENT_ROWS_MAX \
    (INT64_C(1) << 17) /* squares of MOMENT_BOUND times it still add up */

static const struct schema_column *
measured(const struct plan *p)
{
    return &p->scope.fields[p->measure.field].type;
}

static int64_t
magnitude(const struct schema_column *c)
{
    return c->upper > -c->lower ? c->upper : -c->lower;
}

int64_t
mean_weight(const struct plan *p)
{
    int64_t range = measured(p)->upper - measured(p)->lower;

    return range > 0 ? range : 1;
}

/* Coordinates that move together by `most` in one cell for each of k rows. */
static enum err
from_rows(struct diag *d, int64_t k, int64_t most, unsigned coordinates,
    struct sensitivity *out)
{
    /* A column that can only be 0 moves nothing; noise is planned as if for 1. */
    unsigned __int128 linf =
        (unsigned __int128)k * (unsigned __int128)(most + (most == 0));

    if (linf > (unsigned __int128)LINF_MAX)
        return FAIL(d, ERR_INVALID,
            "The bounds are too wide for so many rows of one person; clip the column.");
    out->linf = (uint64_t)linf;
    out->l1 = linf * coordinates;
    out->l2sq = linf * linf * coordinates;
    return ERR_OK;
}

/* Only the greatest change of one score counts; its size is choice.h's. */
static enum err
from_scores(struct diag *d, const struct plan *p, struct sensitivity *out)
{
    TRY(from_rows(d, p->rows_max, (int64_t)choice_change(p), 1, out));
    out->l1 *= choice_width(p);
    out->l2sq = ~(unsigned __int128)0; /* no selection is priced by it */
    return ERR_OK;
}

static enum err
from_moments(struct diag *d, const struct plan *p, struct sensitivity *out)
{
    if (p->rows_max > MOMENT_ROWS_MAX)
        return FAIL(d, ERR_INVALID, "One person has too many rows; truncate them.");
    return from_rows(d, p->rows_max, MOMENT_BOUND, (unsigned)moments_width(p), out);
}

enum err
stability_of(struct diag *d, const struct plan *p, struct sensitivity *out)
{
    int64_t k = p->rows_max;
    unsigned __int128 m = p->grouping.axes_n > 0 ? (unsigned __int128)p->groups_max : 1;

    switch (p->measure.kind) {
    case MEASURE_COUNT:
    case MEASURE_HISTOGRAM:
    case MEASURE_BOUNDS:
        return from_rows(d, k, 1, 1, out);
    case MEASURE_COUNT_UNITS:
    case MEASURE_KEYS:
        *out = (struct sensitivity){.l1 = m, .l2sq = m, .linf = 1};
        return ERR_OK;
    case MEASURE_SUM:
        return from_rows(d, k, magnitude(measured(p)), 1, out);
    case MEASURE_MEAN:
        return from_rows(d, k, mean_weight(p), 2, out);
    case MEASURE_QUANTILE:
    case MEASURE_MOST_COMMON:
        return from_scores(d, p, out);
    case MEASURE_VARIANCE:
    case MEASURE_COVARIANCE:
    case MEASURE_FIT_LINEAR:
        return from_moments(d, p, out);
    case MEASURE_ABOVE_THRESHOLD:
        return from_rows(d, k, 1, (unsigned)p->measure.fields_n, out);
    case MEASURE_FIT_LOGISTIC:
        return logistic_sensitivity(d, p, out);
    case MEASURE_SAMPLE_AGGREGATE:
        return from_rows(
            d, 1, p->measure.program->upper - p->measure.program->lower, 1, out);
    case MEASURE_COLLECT:
        break; /* has no price */
    }
    UNREACHABLE();
}
