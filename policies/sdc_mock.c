/* sdc_mock.c -- what a mock may not share with the private data it stands in for. */
#include "policies/sdc_mock.h"

#include "datasite/base/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ORDER_ROWS_LEAST  12  /* 1/12! is the chance of one order among all */
#define ORDER_MOVES_LEAST 12  /* steps up or down, in each table */
#define ORDER_R_LEAST     0.1 /* what explains less than 1 % tells little of anyone */
#define ORDER_Z           6.5 /* standard deviations of Fisher's z: 8e-11 */
#define VALUES_LEAST      12
#define VALUES_SHARE      20 /* one in so many of the mock's values */
#define SHAPE_LEAST       50
#define TEXTS_SHARE       20
#define ROWS_LEAST        5
#define ROWS_SHARE        100
#define ROWS_MANY         20 /* enough at any share */
#define UNUSUAL_SHARE     10 /* so many times more often than columns that go together */
#define COPY_CHANCE       1e-3

static const struct {
    const char *name, *text;
} rules[] = {
    [SDC_MOCK_ORDER] = {"row-order",
        "Row for row its values follow the private ones; make it without the data, or "
        "generate it from the schema."},
    [SDC_MOCK_VALUES] = {"values",
        "It holds values that single rows of the private data hold; draw them anew."},
    [SDC_MOCK_SHAPE] = {"sorted-values",
        "Sorted, shifted or scaled, its values are those of the private data, or those "
        "rounded; draw them anew."},
    [SDC_MOCK_TEXTS] = {"texts",
        "It holds texts that single rows of the private data hold; invent others."},
    [SDC_MOCK_ROWS] = {"rows",
        "Rows of the private data stand in it, whole or with few changes; it must hold "
        "none."},
};

const char *
sdc_mock_name(enum sdc_mock_rule r)
{
    CHECK((size_t)r < ARRAY_N(rules));
    return rules[r].name;
}

const char *
sdc_mock_text(enum sdc_mock_rule r)
{
    CHECK((size_t)r < ARRAY_N(rules));
    return rules[r].text;
}

/* ---- row for row ---- */

bool
sdc_mock_rhythm(const int64_t *v, size_t n, bool *broken)
{
    size_t *border =
        calloc(n + 1, sizeof *border); /* of the first i + 1 values, the most
                                                     * that both begin and end them */
    size_t k = 0;

    if (border == NULL) {
        *broken = true;
        return false;
    }
    for (size_t i = 1; i < n; i++) {
        while (k > 0 && v[i] != v[k])
            k = border[k - 1];
        k += v[i] == v[k];
        border[i] = k;
    }
    free(border);
    return n > 0 && 2 * (n - k) <= n;
}

struct ranked {
    int64_t value;
    size_t row;
};

static int
by_value(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;

    return (x->value > y->value) - (x->value < y->value);
}

/* Twice the rank of each value, equals sharing their middle: integers all. */
static bool
ranks(const int64_t *v, size_t n, int64_t *out)
{
    struct ranked *r = calloc(n, sizeof *r);

    if (r == NULL)
        return false;
    for (size_t i = 0; i < n; i++)
        r[i] = (struct ranked){v[i], i};
    qsort(r, n, sizeof *r, by_value);
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i; end < n && r[end].value == r[i].value; end++)
            ;
        for (size_t k = i; k < end; k++)
            out[r[k].row] = (int64_t)(i + end + 1);
    }
    free(r);
    return true;
}

static double
correlation(const int64_t *x, const int64_t *y, size_t n)
{
    __int128 sx = 0, sy = 0, sxx = 0, syy = 0, sxy = 0;

    for (size_t i = 0; i < n; i++) {
        sx += x[i];
        sy += y[i];
        sxx += (__int128)x[i] * x[i];
        syy += (__int128)y[i] * y[i];
        sxy += (__int128)x[i] * y[i];
    }
    __int128 vx = (__int128)n * sxx - sx * sx, vy = (__int128)n * syy - sy * sy;
    if (vx <= 0 || vy <= 0)
        return 0;
    return (double)((__int128)n * sxy - sx * sy) / sqrt((double)vx) / sqrt((double)vy);
}

/* Is r of n pairs beyond chance? Fisher's z has a standard deviation of about
 * sqrt(stretch/n). */
static bool
beyond_chance(double r, size_t n, double stretch)
{
    if (fabs(r) < ORDER_R_LEAST)
        return false;
    if (fabs(r) > 0.999999)
        return true;
    return fabs(atanh(r)) * sqrt((double)(n - 3) / stretch) > ORDER_Z;
}

/* The direction of each step from row to row; how many rows move at all. */
static size_t
steps(const int64_t *v, size_t n, int64_t *out)
{
    size_t moves = 0;

    for (size_t i = 0; i + 1 < n; i++) {
        out[i] = (v[i + 1] > v[i]) - (v[i + 1] < v[i]);
        moves += out[i] != 0;
    }
    return moves;
}

/* Two tables that are both sorted, or both drift, agree in level without knowing of each
 * other, but not in their steps: both must agree. */
static bool
follows(const int64_t *data, const int64_t *mock, size_t n, int64_t *x, int64_t *y,
    bool *broken)
{
    size_t least = steps(data, n, x), moves = steps(mock, n, y);

    least = moves < least ? moves : least;
    if (least < ORDER_MOVES_LEAST ||
        !beyond_chance(correlation(x, y, n - 1), least + 3, 1.5))
        return false;
    if (!ranks(data, n, x) || !ranks(mock, n, y)) {
        *broken = true;
        return false;
    }
    return beyond_chance(correlation(x, y, n), n, 1.06);
}

bool
sdc_mock_order(const int64_t *data, const int64_t *mock, size_t n, bool *broken)
{
    int64_t *room;
    bool yes;

    if (n < ORDER_ROWS_LEAST)
        return false;
    room = calloc(2 * n, sizeof *room);
    if (room == NULL) {
        *broken = true;
        return false;
    }
    yes = follows(data, mock, n, room, room + n, broken);
    free(room);
    return yes;
}

/* ---- the same values ---- */

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

static uint64_t
gcd(uint64_t a, uint64_t b)
{
    while (b != 0) {
        uint64_t r = a % b;
        a = b;
        b = r;
    }
    return a;
}

/* The grid on which sorted values stand, 0: there is one value. */
static uint64_t
grid_of(const int64_t *v, size_t n)
{
    uint64_t g = 0;

    for (size_t i = 0; i + 1 < n && g != 1; i++)
        g = gcd(g, (uint64_t)v[i + 1] - (uint64_t)v[i]);
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

    if (seen < VALUES_LEAST || seen < y_n / VALUES_SHARE)
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

/* ---- the same shape ---- */

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
        g = gcd(g, (uint64_t)(y.v[i] < 0 ? -y.v[i] : y.v[i]));
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

    if (x.n < SHAPE_LEAST || y.n < SHAPE_LEAST || is_ruled(x))
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

/* ---- texts and rows ---- */

bool
sdc_mock_texts(size_t matched, size_t mock_n, size_t data_single, size_t data_n)
{
    return matched >= VALUES_LEAST && matched >= mock_n / TEXTS_SHARE &&
        data_single >= data_n / 2;
}

bool
sdc_mock_rows(size_t matched, size_t unusual, size_t mock_n)
{
    return matched >= ROWS_MANY ||
        (unusual >= ROWS_MANY && unusual >= mock_n / UNUSUAL_SHARE) ||
        (matched >= ROWS_LEAST && matched >= mock_n / ROWS_SHARE);
}

bool
sdc_mock_copy(double ln, bool in_order)
{
    return ln < log(in_order ? COPY_CHANCE : SDC_MOCK_CHANCE);
}
