/* sdc_mock_order.c -- does a mock go up and down with the data, row for row? */
#include "policies/sdc_mock.h"

#include <math.h>
#include <stdlib.h>

#define ROWS_LEAST  12  /* 1/12! is the chance of one order among all */
#define MOVES_LEAST 12  /* steps up or down, in each table */
#define R_LEAST     0.1 /* what explains less than 1 % tells little of anyone */
#define Z_LEAST     6.5 /* standard deviations of Fisher's z: 8e-11 */

bool
sdc_mock_rhythm(const int64_t *v, size_t n, bool *broken)
{
    /* of the first i + 1 values, the most that both begin and end them */
    size_t *border = calloc(n + 1, sizeof *border);
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
    if (fabs(r) < R_LEAST)
        return false;
    if (fabs(r) > 0.999999)
        return true;
    return fabs(atanh(r)) * sqrt((double)(n - 3) / stretch) > Z_LEAST;
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
    if (least < MOVES_LEAST || !beyond_chance(correlation(x, y, n - 1), least + 3, 1.5))
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

    if (n < ROWS_LEAST)
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
