/* logistic.c -- logistic regression by full-batch gradient steps in fixed point. */
#include "sandbox/engine/logistic.h"

#include "datasite/base/check.h"
#include "sandbox/engine/cells.h"
#include "sandbox/engine/linear.h"

#include <math.h>
#include <string.h>

#define COEFFICIENTS_MAX (MOMENT_FIELDS_MAX + 1)
#define BETA_MAX         (LOGISTIC_ONE << 8)
#define CURVE_REACH      (8 * LOGISTIC_ONE) /* beyond, the curve is taken as level */
#define CURVE_STEP_BITS  6                  /* of the curve's table, in units */
#define CURVE_N          ((2 * CURVE_REACH >> CURVE_STEP_BITS) + 1)
#define GRID_BITS        16

struct logistic_cell {
    int64_t beta[COEFFICIENTS_MAX];
    __int128 sums[COEFFICIENTS_MAX + 1]; /* of a step; the last: rows */
    long double rows;                    /* of all steps so far */
};

struct logistic {
    const struct plan *p;
    size_t features, n; /* fields; coefficients */
    int64_t clip;       /* of a row's gradient, in units; 0: none */
    struct moment_grid grid[MOMENT_FIELDS_MAX];
    int32_t curve[CURVE_N];
    size_t cells_n; /* of the grouping, and one for rows that belong to none */
    struct logistic_cell *at; /* by cell */
    int64_t u[COEFFICIENTS_MAX][BATCH_ROWS];
};

size_t
logistic_width(const struct plan *p)
{
    return fit_coefficients_n(p) + 1;
}

/* ---- before data ---- */

/* The least integer whose square is at least v. */
static uint64_t
root_up(uint64_t v)
{
    uint64_t r = (uint64_t)sqrtl((long double)v);

    while (r * r < v)
        r++;
    return r;
}

enum err
logistic_sensitivity(struct diag *d, const struct plan *p, struct sensitivity *out)
{
    uint64_t n = fit_coefficients_n(p), one = (uint64_t)LOGISTIC_ONE;
    uint64_t clip = (uint64_t)p->measure.clip;
    unsigned __int128 k = (unsigned __int128)p->rows_max;
    unsigned __int128 l1 = (unsigned __int128)n * one, l2sq = l1 * one;

    if (clip > 0 && (unsigned __int128)clip * clip < l2sq) {
        uint64_t spread = root_up(clip * clip * n);
        l1 = spread < l1 ? spread : l1;
        l2sq = (unsigned __int128)clip * clip;
    }
    if (p->rows_max > (INT64_C(1) << 32))
        return FAIL(d, ERR_INVALID, "fit: truncate the rows of one person first");
    *out = (struct sensitivity){.l1 = k * (l1 + one),
        .l2sq = k * k * (l2sq + (unsigned __int128)one * one),
        .linf = (uint64_t)k * one};
    return ERR_OK;
}

enum err
logistic_plan(struct diag *d, const struct plan *p, const struct price *price,
    const struct sensitivity *s, struct mechanism *out)
{
    struct price each = *price;
    int64_t steps = p->measure.steps;

    CHECK(price->kind != PRICE_ERROR); /* measure_coordinate_error refuses it */
    each.nano = price->nano / steps;
    TRY(mechanism_plan(d, p->context->accounting, &each, s, out));
    if (__builtin_mul_overflow(out->price.rho_nano, steps, &out->price.rho_nano))
        return FAIL(d, ERR_INVALID, "fit: the price is too great");
    if (out->price.eps_nano != EPS_NONE)
        out->price.eps_nano *= steps; /* at most what was given */
    out->error95 = 0;
    return ERR_OK;
}

static enum err
make_ready(struct diag *d, struct arena *a, const struct plan *p, struct logistic **out)
{
    struct logistic *l = *out = arena_array(a, sizeof *l, 1);

    if (l == NULL)
        return FAIL(d, ERR_TOO_LARGE, "The question needs too much memory.");
    l->p = p;
    l->cells_n = p->grouping.cells + 1;
    l->at = arena_array(a, sizeof *l->at, l->cells_n);
    if (l->at == NULL)
        return FAIL(d, ERR_TOO_LARGE, "The question needs too much memory.");
    l->features = p->measure.fields_n - 1;
    l->n = fit_coefficients_n(p);
    l->clip = p->measure.clip;
    for (size_t i = 0; i < l->features; i++) {
        const struct schema_column *c = &p->scope.fields[p->measure.fields[i]].type;
        int64_t most = c->upper > -c->lower ? c->upper : -c->lower;
        l->grid[i] = p->measure.intercept
            ? moment_grid_of(c->lower + c->upper, c->upper - c->lower, GRID_BITS)
            : moment_grid_of(0, 2 * most, GRID_BITS);
    }
    for (int64_t i = 0; i < CURVE_N; i++) {
        long double x = (long double)((i << CURVE_STEP_BITS) - CURVE_REACH);
        l->curve[i] = (int32_t)lroundl(
            (long double)LOGISTIC_ONE / (1 + expl(-x / (long double)LOGISTIC_ONE)));
    }
    kernel_fill(
        l->u[l->n - 1], LOGISTIC_ONE, BATCH_ROWS); /* the constant, or a field */
    return ERR_OK;
}

/* ---- one step ---- */

/* floor(sqrt(v)) + 1 in as many steps whatever v is; v < 2^40. */
static int64_t
root_above(int64_t v)
{
    int64_t r = 0;

    for (int64_t bit = INT64_C(1) << 19; bit > 0; bit >>= 1)
        r += bit & -(int64_t)((r + bit) * (r + bit) <= v);
    return r + 1;
}

/* Never longer than before, nor than the clip. */
static void
shorten(const struct logistic *l, int64_t g[COEFFICIENTS_MAX])
{
    int64_t square = 0, norm;

    for (size_t j = 0; j < l->n; j++)
        square += g[j] * g[j];
    norm = root_above(square);
    norm = norm > l->clip ? norm : l->clip;
    for (size_t j = 0; j < l->n; j++)
        g[j] = g[j] * l->clip / norm;
}

static int64_t
predicted(const struct logistic *l, size_t row, const int64_t *beta)
{
    int64_t at = 0;

    for (size_t j = 0; j < l->n; j++)
        at += beta[j] * l->u[j][row] / LOGISTIC_ONE;
    at = at < -CURVE_REACH ? -CURVE_REACH : at > CURVE_REACH ? CURVE_REACH : at;
    return l->curve[(at + CURVE_REACH) >> CURVE_STEP_BITS];
}

static void
add_row(struct logistic *l, size_t row, uint32_t cell, int64_t target, uint8_t mask)
{
    int64_t g[COEFFICIENTS_MAX];
    int64_t off = predicted(l, row, l->at[cell].beta) - target * LOGISTIC_ONE;
    int64_t keep = -(int64_t)mask;

    for (size_t j = 0; j < l->n; j++)
        g[j] = off * l->u[j][row] / LOGISTIC_ONE;
    if (l->clip > 0)
        shorten(l, g);
    for (size_t j = 0; j < l->n; j++)
        l->at[cell].sums[j] += g[j] & keep;
    l->at[cell].sums[l->n] += LOGISTIC_ONE & keep;
}

static void
add_batch(struct logistic *l, const struct cells *cells, struct batch *b)
{
    uint32_t cell[BATCH_ROWS];
    const size_t *fields = l->p->measure.fields;
    const int64_t *target = b->values[fields[l->features]];

    for (size_t i = 0; i <= l->features; i++)
        kernel_and(b->mask, b->valid[fields[i]], b->mask, b->n);
    for (size_t i = 0; i < l->features; i++) {
        moment_fill(&l->grid[i], b->values[fields[i]], l->u[i], b->n);
        for (size_t k = 0; k < b->n; k++)
            l->u[i][k] = l->u[i][k] * LOGISTIC_ONE / l->grid[i].most;
    }
    cells_of(cells, b, cell);
    for (size_t k = 0; k < b->n; k++)
        add_row(l, k, cell[k], target[k] & 1, b->mask[k]);
}

static enum err
add_up(struct diag *d, struct logistic *l, const struct table *t)
{
    ARENA_SCOPE(a, SCRATCH_BYTES_MAX);
    struct cells cells;
    struct rows *w;
    struct batch b;

    if (a == NULL)
        return FAIL(d, ERR_TOO_LARGE, "The question needs too much memory.");
    for (size_t i = 0; i < l->cells_n; i++)
        memset(l->at[i].sums, 0, sizeof l->at[i].sums);
    TRY(cells_open(d, a, l->p, &l->p->grouping, t, &cells));
    TRY(rows_open(d, a, l->p, t, &w));
    while (rows_next(w, &b))
        add_batch(l, &cells, &b);
    return ERR_OK;
}

enum err
logistic_vector(struct diag *d, struct arena *a, const struct plan *p,
    const struct table *t, __int128 *out)
{
    struct logistic *l;

    TRY(make_ready(d, a, p, &l));
    TRY(add_up(d, l, t));
    for (size_t k = 0; k < p->grouping.keys_n; k++)
        memcpy(out + k * (l->n + 1), l->at[grouping_cell(&p->grouping, k)].sums,
            (l->n + 1) * sizeof *out);
    return ERR_OK;
}

/* ---- all steps ---- */

/* A function of noisy sums. The rows are told by the mean of all steps' counts. */
static void
move_beta(struct logistic *l, size_t cell, int64_t step)
{
    long double rate = (long double)l->p->measure.rate / 1e6L, rows;
    int64_t *beta = l->at[cell].beta;

    l->at[cell].rows += (long double)l->at[cell].sums[l->n];
    rows = l->at[cell].rows / (long double)step / (long double)LOGISTIC_ONE;
    if (l->p->measure.rate == 0)
        rate = 4 / (long double)l->n; /* what a quarter's curvature allows */
    for (size_t j = 0; j < l->n; j++) {
        long double to = (long double)beta[j] -
            rate * (long double)l->at[cell].sums[j] / fmaxl(rows, 1);
        to = fminl(fmaxl(to, -(long double)BETA_MAX), (long double)BETA_MAX);
        beta[j] = (int64_t)llroundl(to);
    }
}

static enum err
take_step(struct diag *d, struct logistic *l, const struct mechanism *m,
    const struct table *t, struct rng *r, int64_t step)
{
    const struct grouping *g = &l->p->grouping;

    TRY(add_up(d, l, t));
    for (size_t k = 0; k < g->keys_n; k++) {
        __int128 *sums = l->at[grouping_cell(g, k)].sums;
        for (size_t j = 0; m != NULL && j <= l->n; j++)
            sums[j] = rng_is_constant(r) ? 0 : sums[j] + mechanism_draw(m, r);
        move_beta(l, grouping_cell(g, k), step);
    }
    return ERR_OK;
}

/* The coefficients of one cell, in the fields' own units. */
static void
own_units(const struct logistic *l, const int64_t *beta, long double *out)
{
    const struct plan *p = l->p;
    long double one = (long double)LOGISTIC_ONE;

    if (p->measure.intercept)
        out[l->features] = (long double)beta[l->features] / one;
    for (size_t i = 0; i < l->features; i++) {
        const struct moment_grid *g = &l->grid[i];
        int decimals = p->scope.fields[p->measure.fields[i]].type.decimals;
        long double reach = ldexpl((long double)g->most, g->shift - 1);
        long double slope = (long double)beta[i] / one / reach;
        if (p->measure.intercept)
            out[l->features] -= slope * (long double)g->middle / 2;
        out[i] = slope * powl(10, (long double)decimals);
    }
}

enum err
logistic_answer(struct diag *d, struct arena *a, const struct plan *p,
    const struct mechanism *m, const struct table *t, struct rng *r, struct buf *json)
{
    size_t keys_n = p->grouping.keys_n, n = fit_coefficients_n(p);
    long double *all = arena_array(a, sizeof *all, keys_n * n);
    struct logistic *l;

    if (all == NULL)
        return FAIL(d, ERR_TOO_LARGE, "The question needs too much memory.");
    TRY(make_ready(d, a, p, &l));
    for (int64_t step = 1; step <= p->measure.steps; step++)
        TRY(take_step(d, l, m, t, r, step));
    for (size_t k = 0; k < keys_n; k++)
        own_units(l, l->at[grouping_cell(&p->grouping, k)].beta, all + k * n);
    fit_tell(p, all, json);
    return json->full ? FAIL(d, ERR_TOO_LARGE, "The answer is too long.") : ERR_OK;
}
