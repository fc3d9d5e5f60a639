/* moments.c -- sums of products of fields, in integers, and how they are told. */
#include "sandbox/engine/moments.h"

#include "sandbox/engine/cells.h"
#include "sandbox/engine/linear.h"
#include "sandbox/engine/measure.h"

#include <math.h>

#define DECIMALS_MAX 12
/* The greatest gradient of what is told in the means of the coordinates, all of which
 * are within [-1, 1]: of q / 2 - b^2 for a variance, of p - b c for a covariance. */
#define VARIANCE_SLOPE   2.56L
#define COVARIANCE_SLOPE 2.0L

bool
moments_are(const struct plan *p)
{
    enum measure_kind k = p->measure.kind;

    return k == MEASURE_VARIANCE || k == MEASURE_COVARIANCE || k == MEASURE_FIT_LINEAR;
}

/* ---- which coordinates ---- */

static bool
is_wanted(const struct plan *p, size_t i, size_t j)
{
    size_t n = p->measure.fields_n;

    if (p->measure.kind == MEASURE_COVARIANCE)
        return n > 2 || i == 0 || i != j;
    if (p->measure.kind == MEASURE_FIT_LINEAR)
        return i < n || j < n;
    return true; /* a variance needs all */
}

static size_t
list_moments(const struct plan *p, struct moment out[MOMENTS_MAX])
{
    size_t n = 0;

    for (size_t i = 0; i <= p->measure.fields_n; i++)
        for (size_t j = i; j <= p->measure.fields_n; j++)
            if (is_wanted(p, i, j))
                out[n++] = (struct moment){i, j};
    return n;
}

size_t
moments_width(const struct plan *p)
{
    struct moment list[MOMENTS_MAX];

    return list_moments(p, list);
}

static const struct schema_column *
column_of(const struct plan *p, size_t i)
{
    return &p->scope.fields[p->measure.fields[i - 1]].type;
}

struct moment_grid
moment_grid_of(int64_t middle, int64_t range, int bits)
{
    struct moment_grid g = {.middle = middle};

    while ((range >> g.shift) > (INT64_C(1) << bits) - 1)
        g.shift++;
    g.half = g.shift > 0 ? INT64_C(1) << (g.shift - 1) : 0;
    g.most = (range >> g.shift) + (g.shift > 0);
    g.most += g.most == 0;
    return g;
}

struct moment_grid
moment_grid(const struct plan *p, size_t i)
{
    const struct schema_column *c;

    if (i == 0)
        return (struct moment_grid){.most = 1};
    c = column_of(p, i);
    return moment_grid_of(c->lower + c->upper, c->upper - c->lower,
        p->exact ? MOMENT_GRID_BITS_EXACT : MOMENT_GRID_BITS);
}

static int64_t
weight_of(
    const struct plan *p, const struct moment_grid *a, const struct moment_grid *b)
{
    return p->exact ? 1 : MOMENT_BOUND / (a->most * b->most);
}

/* ---- adding up ---- */

struct moments {
    const struct plan *p;
    struct moment list[MOMENTS_MAX];
    struct moment_grid grid[MOMENT_FIELDS_MAX + 1];
    size_t width, stride; /* coordinates; cells, and one for rows that are in none */
    __int128 *sums;       /* width * stride */
    int64_t (*y)[BATCH_ROWS];
    struct cells cells;
};

void
moment_fill(
    const struct moment_grid *g, const int64_t *values, int64_t *restrict y, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int64_t z = 2 * values[i] - g->middle;
        int64_t sign = z >> 63;
        y[i] = ((((z ^ sign) - sign) + g->half) >> g->shift ^ sign) - sign;
    }
}

static void
add_moment(struct moments *m, const struct batch *b, const uint32_t *cell, size_t at)
{
    const struct moment *c = &m->list[at];
    int64_t weight = weight_of(m->p, &m->grid[c->i], &m->grid[c->j]);
    int64_t v[BATCH_ROWS];

    kernel_multiply(m->y[c->i], m->y[c->j], v, b->n);
    if (c->i == c->j && c->i > 0) {
        int64_t most = m->grid[c->i].most;
        for (size_t k = 0; k < b->n; k++)
            v[k] = 2 * v[k] - most * most;
    }
    kernel_scale(v, weight, v, b->n);
    if (m->p->grouping.axes_n == 0)
        m->sums[at * m->stride] += kernel_sum_wide(v, b->mask, b->n);
    else
        kernel_group_sum_wide(cell, b->mask, v, m->sums + at * m->stride, b->n);
}

static void
add_batch(struct moments *m, struct batch *b)
{
    uint32_t cell[BATCH_ROWS];

    for (size_t i = 0; i < m->p->measure.fields_n; i++) {
        size_t field = m->p->measure.fields[i];
        kernel_and(b->mask, b->valid[field], b->mask, b->n);
        moment_fill(&m->grid[i + 1], b->values[field], m->y[i + 1], b->n);
    }
    if (m->p->grouping.axes_n > 0)
        cells_of(&m->cells, b, cell);
    for (size_t at = 0; at < m->width; at++)
        add_moment(m, b, cell, at);
}

static enum err
make_room(struct diag *d, struct arena *a, const struct table *t, struct moments *m)
{
    const struct plan *p = m->p;

    m->width = list_moments(p, m->list);
    m->stride = p->grouping.cells + 1;
    m->sums = arena_array(a, sizeof *m->sums, m->width * m->stride);
    m->y = arena_array(a, sizeof *m->y, p->measure.fields_n + 1);
    if (m->sums == NULL || m->y == NULL)
        return FAIL(d, ERR_TOO_LARGE, "The question needs too much memory.");
    for (size_t i = 0; i <= p->measure.fields_n; i++)
        m->grid[i] = moment_grid(p, i);
    kernel_fill(m->y[0], 1, BATCH_ROWS);
    return cells_open(d, a, p, &p->grouping, t, &m->cells);
}

enum err
moments_vector(struct diag *d, struct arena *a, const struct plan *p,
    const struct table *t, __int128 *out)
{
    const struct grouping *g = &p->grouping;
    struct moments m = {.p = p};
    struct rows *w;
    struct batch b;

    TRY(make_room(d, a, t, &m));
    TRY(rows_open(d, a, p, t, &w));
    while (rows_next(w, &b))
        add_batch(&m, &b);
    for (size_t k = 0; k < g->keys_n; k++) {
        size_t cell = grouping_cell(g, k);
        for (size_t at = 0; at < m.width; at++)
            out[k * m.width + at] = m.sums[at * m.stride + cell];
    }
    return ERR_OK;
}

/* ---- telling ---- */

static const __int128 *
coordinate(const struct plan *p, const __int128 *vector, size_t i, size_t j)
{
    struct moment list[MOMENTS_MAX];
    size_t n = list_moments(p, list);

    for (size_t at = 0; at < n; at++)
        if (list[at].i == (i < j ? i : j) && list[at].j == (i < j ? j : i))
            return vector + at;
    return NULL;
}

/* The rows, as a noisy number that is at least 1. */
static long double
rows_in(const struct plan *p, const __int128 *vector)
{
    long double n = (long double)vector[0] / (p->exact ? 1 : (long double)MOMENT_BOUND);

    return n > 1 ? n : 1;
}

long double
moment_mean(const struct plan *p, const __int128 *vector, size_t i, size_t j)
{
    struct moment_grid a = moment_grid(p, i), b = moment_grid(p, j);
    long double bound = (long double)a.most * (long double)b.most;
    const __int128 *v = coordinate(p, vector, i, j);
    long double mean = (long double)*v /
        ((long double)weight_of(p, &a, &b) * bound * rows_in(p, vector));

    if (i == j)
        mean = i == 0 ? 1 : (mean + 1) / 2;
    return mean > 1 ? 1 : mean < -1 ? -1 : mean;
}

/* n sum(y_i y_j) - sum(y_i) sum(y_j), where that fits. */
static bool
exact_numerator(
    const struct plan *p, const __int128 *vector, size_t i, size_t j, __int128 *out)
{
    __int128 n = vector[0], products = *coordinate(p, vector, i, j), sums;
    int64_t most = moment_grid(p, i).most;

    if (i == j)
        products = (products + (__int128)most * most * n) / 2;
    return !__builtin_mul_overflow(n, products, &products) &&
        !__builtin_mul_overflow(
            *coordinate(p, vector, 0, i), *coordinate(p, vector, 0, j), &sums) &&
        !__builtin_sub_overflow(products, sums, out);
}

/* In the fields' fixed-point units. */
static long double
covariance_of(const struct plan *p, const __int128 *vector, size_t i, size_t j)
{
    struct moment_grid a = moment_grid(p, i), b = moment_grid(p, j);
    long double units = ldexpl(0.25L, a.shift + b.shift);
    long double n = rows_in(p, vector), v;
    __int128 top;

    if (p->exact && exact_numerator(p, vector, i, j, &top))
        return (long double)top / (n * n) * units;
    v = moment_mean(p, vector, i, j) -
        moment_mean(p, vector, 0, i) * moment_mean(p, vector, 0, j);
    if (i == j && v < 0)
        v = 0;
    return v * (long double)a.most * (long double)b.most * units;
}

/* The greatest product of two ranges, over 4: what no covariance exceeds, in the fields'
 * own units. */
static long double
greatest(const struct plan *p)
{
    long double most = 0;

    for (size_t i = 1; i <= p->measure.fields_n; i++) {
        for (size_t j = i + 1 - (p->measure.fields_n != 2); j <= p->measure.fields_n;
             j++) {
            struct moment_grid a = moment_grid(p, i), b = moment_grid(p, j);
            int places = column_of(p, i)->decimals + column_of(p, j)->decimals;
            long double v = (long double)a.most * (long double)b.most *
                ldexpl(0.25L, a.shift + b.shift) * powl(10, -(long double)places);
            most = v > most ? v : most;
        }
    }
    return most;
}

/* As many as leave room for the greatest value, up to twelve. */
int
moments_decimals(const struct plan *p)
{
    int decimals = DECIMALS_MAX;

    if (p->measure.kind == MEASURE_FIT_LINEAR)
        return FIT_DECIMALS;
    while (decimals > 0 && greatest(p) * powl(10, (long double)decimals) > 0x1p58L)
        decimals--;
    return decimals;
}

static int64_t
rounded(long double v)
{
    return v >= 0x1p63L ? INT64_MAX : v < -0x1p63L ? INT64_MIN : (int64_t)llroundl(v);
}

static void
add_covariance(
    struct buf *out, const struct plan *p, const __int128 *v, size_t i, size_t j)
{
    int places =
        moments_decimals(p) - column_of(p, i)->decimals - column_of(p, j)->decimals;

    if (p->exact && v[0] == 0)
        buf_addz(out, "null"); /* of nothing */
    else
        buf_addf(out, "%lld",
            (long long)rounded(
                covariance_of(p, v, i, j) * powl(10, (long double)places)));
}

static void
add_matrix(struct buf *out, const struct plan *p, const __int128 *v)
{
    size_t n = p->measure.fields_n;

    buf_addz(out, "[");
    for (size_t i = 1; i <= n; i++) {
        buf_addz(out, i > 1 ? ",[" : "[");
        for (size_t j = 1; j <= n; j++) {
            buf_addz(out, j > 1 ? "," : "");
            add_covariance(out, p, v, i, j);
        }
        buf_addz(out, "]");
    }
    buf_addz(out, "]");
}

static void
add_value(struct buf *out, const struct plan *p, const __int128 *v)
{
    if (p->measure.kind == MEASURE_VARIANCE)
        add_covariance(out, p, v, 1, 1);
    else if (p->measure.fields_n == 2)
        add_covariance(out, p, v, 1, 2);
    else
        add_matrix(out, p, v);
}

/* The error that holds for every key: that of the smallest group. */
static int64_t
least_rows(const struct plan *p, const __int128 *vector, size_t width)
{
    long double least = rows_in(p, vector);

    for (size_t k = 1; k < p->grouping.keys_n; k++)
        least = fminl(least, rows_in(p, vector + k * width));
    return rounded(floorl(least));
}

static void
tell(const struct plan *p, const struct mechanism *m, const __int128 *vector,
    struct buf *json)
{
    bool grouped = p->grouping.axes_n > 0;
    size_t width = moments_width(p);
    char error[32];

    buf_addz(json, "{");
    if (grouped) {
        measure_text_keys(p, json);
        buf_addz(json, "\"values\":[");
    } else {
        bool is_matrix = p->measure.fields_n > 2;
        buf_addz(json, is_matrix ? "\"values\":" : "\"value\":");
    }
    for (size_t k = 0; k < p->grouping.keys_n; k++) {
        buf_addz(json, k > 0 ? "," : "");
        add_value(json, p, vector + k * width);
    }
    buf_addf(json, "%s,\"decimals\":%d,\"error95\":\"%s\"}", grouped ? "]" : "",
        moments_decimals(p),
        measure_error(
            p, m != NULL ? m->error95 : 0, least_rows(p, vector, width), error));
}

enum err
moments_answer(struct diag *d, struct arena *a, const struct plan *p,
    const struct mechanism *m, const struct table *t, struct rng *r, struct buf *json)
{
    size_t n = moments_width(p) * p->grouping.keys_n;
    __int128 *vector = arena_array(a, sizeof *vector, n);

    if (vector == NULL)
        return FAIL(d, ERR_TOO_LARGE, "The question needs too much memory.");
    TRY(moments_vector(d, a, p, t, vector));
    for (size_t i = 0; m != NULL && i < n; i++)
        vector[i] = rng_is_constant(r) ? 0 : vector[i] + mechanism_draw(m, r);
    if (p->measure.kind == MEASURE_FIT_LINEAR)
        TRY(linear_tell(d, a, p, m, vector, json));
    else
        tell(p, m, vector, json);
    return json->full ? FAIL(d, ERR_TOO_LARGE, "The answer is too long.") : ERR_OK;
}

/* ---- errors ---- */

/* What is told moves by this much, in its decimals, for a step of the coordinates. */
static long double
error_slope(const struct plan *p, int64_t rows)
{
    bool two = p->measure.kind == MEASURE_COVARIANCE && p->measure.fields_n == 2;
    /* weights are rounded down by less than one in 2^8 */
    return (two ? COVARIANCE_SLOPE : VARIANCE_SLOPE) * (1 + 0x1p-7L) * greatest(p) *
        powl(10, (long double)moments_decimals(p)) /
        ((long double)MOMENT_BOUND * (long double)(rows > 1 ? rows : 1));
}

int64_t
moments_error(const struct plan *p, int64_t coordinate, int64_t rows)
{
    long double most = 2 * greatest(p) * powl(10, (long double)moments_decimals(p));

    if (p->measure.kind == MEASURE_FIT_LINEAR)
        return -1;
    return rounded(ceill(fminl(most, error_slope(p, rows) * (long double)coordinate)));
}

int64_t
moments_coordinate_error(const struct plan *p, int64_t error, int64_t rows)
{
    return rounded(floorl((long double)error / error_slope(p, rows)));
}
