/* sdc_mock_values.c -- does a mock hold values or texts that are rare in the data? */
#include "policies/sdc_mock.h"

#include "datasite/base/check.h"
#include "policies/gcd.h"

#include <math.h>
#include <stdlib.h>

#define MATCHED_LEAST 12
#define MATCHED_SHARE 20 /* one in so many of the mock's values */

/* Different values, of those that at most holders_max rows hold. */
static size_t
rare(struct sdc_sorted s, int64_t holders_max, int64_t *out)
{
    size_t n = 0;

    for (size_t i = 0, end; i < s.n; i = end) {
        for (end = i; end < s.n && s.v[end] == s.v[i]; end++)
            ;
        if (end - i <= (size_t)holders_max)
            out[n++] = s.v[i];
    }
    return n;
}

/* How many of y, moved by shift, are in x; both sorted and different. */
static size_t
hits(const int64_t *x, size_t x_n, const int64_t *y, size_t y_n, int64_t shift)
{
    size_t found = 0, i = 0;

    for (size_t k = 0; k < y_n; k++) {
        __int128 at = (__int128)y[k] + shift;
        while (i < x_n && x[i] < at)
            i++;
        found += i < x_n && x[i] == at;
    }
    return found;
}

/* ln P(a Poisson count of this mean reaches seen), from above (Chernoff). */
static double
poisson_ln(double mean, double seen)
{
    if (seen <= mean)
        return 0;
    return seen * log(mean / seen) + seen - mean;
}

/* The grid on which sorted values stand, 0: there is one value. */
static uint64_t
grid_of(const int64_t *v, size_t n)
{
    uint64_t g = 0;

    for (size_t i = 0; i + 1 < n && g != 1; i++)
        g = (uint64_t)gcd(g, (uint64_t)v[i + 1] - (uint64_t)v[i]);
    return g;
}

/* What chance would give: hits of the values' neighbours at the scale that gives most,
 * so that numbers which people round to tens or thousands speak for themselves. */
static double
neighbour_hits(const int64_t *x, size_t x_n, const int64_t *y, size_t y_n)
{
    static const int64_t away[] = {-7, -5, -4, -3, -2, -1, 1, 2, 3, 4, 5, 7};
    const size_t n = ARRAY_N(away);
    uint64_t range = (uint64_t)x[x_n - 1] - (uint64_t)x[0], unit = grid_of(x, x_n);
    double most = 0;

    for (; unit > 0 && unit <= range / 16; unit *= 10) {
        size_t found = 0;
        for (size_t i = 0; i < n; i++)
            found += hits(x, x_n, y, y_n, away[i] * (int64_t)unit);
        most = fmax(most, (double)found / (double)n);
    }
    return most;
}

static bool
shares_values(const int64_t *x, size_t x_n, const int64_t *y, size_t y_n)
{
    size_t seen = x_n == 0 ? 0 : hits(x, x_n, y, y_n, 0);

    if (seen < MATCHED_LEAST || seen < y_n / MATCHED_SHARE)
        return false;
    double mean = neighbour_hits(x, x_n, y, y_n);
    return poisson_ln(mean + 0.5, (double)seen) < log(SDC_MOCK_CHANCE);
}

bool
sdc_mock_values(
    struct sdc_sorted data, struct sdc_sorted mock, int64_t holders_max, bool *broken)
{
    int64_t *room = calloc(data.n + mock.n + 1, sizeof *room);
    bool yes;

    if (room == NULL) {
        *broken = true;
        return false;
    }
    size_t x_n = rare(data, holders_max, room);
    size_t y_n = rare(mock, INT64_MAX, room + data.n);
    yes = shares_values(room, x_n, room + data.n, y_n);
    free(room);
    return yes;
}

bool
sdc_mock_texts(size_t matched, size_t mock_n, size_t data_single, size_t data_n)
{
    return matched >= MATCHED_LEAST && matched >= mock_n / MATCHED_SHARE &&
        data_single >= data_n / 2;
}
