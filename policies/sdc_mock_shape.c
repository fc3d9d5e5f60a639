/* sdc_mock_shape.c -- does a mock, sorted, lie closer to the data than another sample? */
#include "policies/sdc_mock.h"

#include "policies/gcd.h"

#include <math.h>
#include <stdlib.h>

#define VALUES_LEAST 50 /* in each table */

/* P(the Kolmogorov distribution is below t): its series near 0 (Jacobi). */
static double
kolmogorov_below(double t)
{
    double sum = 0, c = M_PI * M_PI / (8 * t * t);

    if (t <= 0.02)
        return 0;
    for (int k = 1; k <= 9; k += 2)
        sum += exp(-c * k * k);
    return fmin(1, sqrt(2 * M_PI) / t * sum);
}

/* y at (v * mul + add); compared with x at (v * scale). */
struct fit {
    __int128 mul, add, scale;
    int64_t grid; /* x is rounded to it first; 1: as it is */
    bool floor;   /* rounded down instead */
};

static int64_t
rounded(int64_t v, const struct fit *f)
{
    int64_t down;

    if (f->grid <= 1)
        return v;
    down = v % f->grid;
    down = v - (down < 0 ? down + f->grid : down);
    return !f->floor && v - down >= f->grid - f->grid / 2 ? down + f->grid : down;
}

/* The greatest distance between the two shares of values below any point, and the share
 * that values have which come again (Simpson's index of the data). */
static double
distance(struct sdc_sorted x, struct sdc_sorted y, const struct fit *f, double *again)
{
    size_t i = 0, k = 0;
    double most = 0;

    *again = 0;
    while (i < x.n || k < y.n) {
        __int128 a = i < x.n ? (__int128)rounded(x.v[i], f) * f->scale : 0;
        __int128 b = k < y.n ? (__int128)y.v[k] * f->mul + f->add : 0;
        __int128 at = i == x.n || (k < y.n && b < a) ? b : a;
        size_t i0 = i;
        while (i < x.n && (__int128)rounded(x.v[i], f) * f->scale <= at)
            i++;
        while (k < y.n && (__int128)y.v[k] * f->mul + f->add <= at)
            k++;
        double share = (double)(i - i0) / (double)x.n;
        *again += share * share;
        most = fmax(most, fabs((double)i / (double)x.n - (double)k / (double)y.n));
    }
    return most;
}

/* A walk seen at points that lie apart by `again` is as tame as one seen always within
 * 0.5826 of a step more (Chernoff, Siegmund). pieces: the walk is tied down at so many
 * equal parts, by what was fitted. */
static bool
too_close(struct sdc_sorted x, struct sdc_sorted y, const struct fit *f, int pieces)
{
    double again, d = distance(x, y, f, &again);
    double n = (double)(x.n < y.n ? x.n : y.n);
    double t = d * sqrt(n) + 0.5826 * sqrt(again);

    return pow(kolmogorov_below(t * sqrt(pieces)), pieces) < SDC_MOCK_CHANCE;
}

/* Numbers that a rule hands out (1, 2, 3, …) lie too evenly for any sample. */
static bool
is_ruled(struct sdc_sorted x)
{
    double range = (double)((__int128)x.v[x.n - 1] - x.v[0]), most = 0;

    if (range <= 0)
        return true;
    for (size_t i = 0; i < x.n; i++) {
        double at = (double)((__int128)x.v[i] - x.v[0]) / range;
        most = fmax(most, fabs(at - (double)i / (double)(x.n - 1)));
    }
    return most * sqrt((double)x.n) < 0.3;
}

/* The greatest power of ten that all of the mock's values are multiples of. */
static int64_t
places_of(struct sdc_sorted y)
{
    uint64_t g = 0;
    int64_t p = 1;

    for (size_t i = 0; i < y.n; i++)
        g = (uint64_t)gcd(g, (uint64_t)(y.v[i] < 0 ? -y.v[i] : y.v[i]));
    while (g != 0 && g % ((uint64_t)p * 10) == 0 && p < INT64_MAX / 100)
        p *= 10;
    return p;
}

static int64_t
at_quarter(struct sdc_sorted s, size_t quarters)
{
    return s.v[s.n * quarters / 4];
}

/* y stretched so that its quarters are those of x. Bounds of values keep this within
 * 126 bits; a wider spread is left alone. */
static bool
quarters_fit(struct sdc_sorted x, struct sdc_sorted y, struct fit *f)
{
    __int128 sx = (__int128)at_quarter(x, 3) - at_quarter(x, 1);
    __int128 sy = (__int128)at_quarter(y, 3) - at_quarter(y, 1);

    if (sx <= 0 || sy <= 0 || sx >> 61 != 0 || sy >> 61 != 0)
        return false;
    *f = (struct fit){.mul = sx, .scale = sy, .grid = 1};
    f->add = (__int128)at_quarter(x, 2) * sy - (__int128)at_quarter(y, 2) * sx;
    return true;
}

static bool
is_mirrored(struct sdc_sorted x, struct sdc_sorted y, bool *broken)
{
    int64_t *turned = calloc(y.n, sizeof *turned);
    struct fit f;
    bool yes;

    if (turned == NULL) {
        *broken = true;
        return false;
    }
    for (size_t i = 0; i < y.n; i++)
        turned[i] = -y.v[y.n - 1 - i];
    yes = quarters_fit(x, (struct sdc_sorted){turned, y.n}, &f) &&
        too_close(x, (struct sdc_sorted){turned, y.n}, &f, 4);
    free(turned);
    return yes;
}

bool
sdc_mock_shape(struct sdc_sorted x, struct sdc_sorted y, bool *broken)
{
    struct fit f = {.mul = 1, .scale = 1};

    if (x.n < VALUES_LEAST || y.n < VALUES_LEAST || is_ruled(x))
        return false;
    f.grid = places_of(y);
    for (int down = 0; down < 2; down++) {
        f.floor = down == 1;
        if (too_close(x, y, &f, 1))
            return true;
    }
    return (quarters_fit(x, y, &f) && too_close(x, y, &f, 4)) ||
        is_mirrored(x, y, broken);
}
