/* linear.c -- coefficients of a linear fit from noisy moments. */
#include "sandbox/engine/linear.h"

#include "sandbox/engine/measure.h"

#include <math.h>
#include <string.h>

#define BASIS_MAX    (MOMENT_FIELDS_MAX + 1)
#define RIDGE_MISS   0.05L
#define RIDGE_LEAST  1e-9L /* of the unit square: columns that say the same are shared */
#define BISECTIONS_N 60

/* A vector of the basis: alpha y_field / Y_field + gamma, within [-1, 1]. */
struct basis {
    size_t field;
    long double alpha, gamma, unit; /* it stands for the field's value / unit */
};
struct system {
    size_t n;
    struct basis basis[BASIS_MAX];
    long double gram[BASIS_MAX][BASIS_MAX];
    long double right[BASIS_MAX];
};

static long double
to_power(int decimals)
{
    return powl(10, (long double)decimals);
}

/* x = reach * (y / Y) + middle, in the field's own units. */
static void
place_of(const struct plan *p, size_t i, long double *reach, long double *middle)
{
    struct moment_grid g = moment_grid(p, i);
    int decimals = p->scope.fields[p->measure.fields[i - 1]].type.decimals;

    *reach = ldexpl((long double)g.most, g.shift - 1) / to_power(decimals);
    *middle = (long double)g.middle / 2 / to_power(decimals);
}

/* With a constant in the fit the basis is centred; without one it may not be. */
static void
choose_basis(const struct plan *p, struct system *s)
{
    size_t features = p->measure.fields_n - 1;

    for (size_t i = 1; i <= features; i++) {
        struct basis *b = &s->basis[s->n++];
        long double reach, middle;
        place_of(p, i, &reach, &middle);
        if (p->measure.intercept) {
            *b = (struct basis){i, 1, 0, reach};
        } else {
            long double most = reach + fabsl(middle);
            *b = (struct basis){i, reach / most, middle / most, most};
        }
    }
    if (p->measure.intercept)
        s->basis[s->n++] = (struct basis){0, 0, 1, 1};
}

/* The mean of the product of two vectors of the basis. */
static long double
product(const struct plan *p, const __int128 *v, const struct basis *a,
    const struct basis *b)
{
    long double sum = a->gamma * b->gamma;

    if (a->field > 0)
        sum += a->alpha * b->gamma * moment_mean(p, v, 0, a->field);
    if (b->field > 0)
        sum += a->gamma * b->alpha * moment_mean(p, v, 0, b->field);
    if (a->field > 0 && b->field > 0)
        sum += a->alpha * b->alpha * moment_mean(p, v, a->field, b->field);
    return sum;
}

static void
fill_system(const struct plan *p, const __int128 *v, const struct basis *target,
    struct system *s)
{
    for (size_t i = 0; i < s->n; i++) {
        s->right[i] = product(p, v, &s->basis[i], target);
        for (size_t j = 0; j < s->n; j++)
            s->gram[i][j] = product(p, v, &s->basis[i], &s->basis[j]);
    }
}

/* Cholesky's factor of gram + ridge; false where that is not positive definite. */
static bool
factor(const struct system *s, long double ridge, long double l[BASIS_MAX][BASIS_MAX])
{
    for (size_t i = 0; i < s->n; i++) {
        for (size_t j = 0; j <= i; j++) {
            long double sum = s->gram[i][j] + (i == j ? ridge : 0);
            for (size_t k = 0; k < j; k++)
                sum -= l[i][k] * l[j][k];
            if (i == j && sum <= 0)
                return false;
            l[i][j] = i == j ? sqrtl(sum) : sum / l[j][j];
        }
    }
    return true;
}

/* AdaSSP: as much as noise can take from the least eigenvalue, less what that has. */
static long double
ridge_of(const struct system *s, long double noise)
{
    long double l[BASIS_MAX][BASIS_MAX];
    long double n = (long double)s->n;
    long double want = noise * sqrtl(n * logl(2 * n * n / RIDGE_MISS)) + RIDGE_LEAST;
    long double low = -want, high = 2 * n + 2 * want;

    for (int i = 0; i < BISECTIONS_N; i++) { /* the least that makes it definite */
        long double mid = (low + high) / 2;
        if (factor(s, mid, l))
            high = mid;
        else
            low = mid;
    }
    return fmaxl(0, want + high);
}

static void
solve(const struct system *s, long double ridge, long double x[BASIS_MAX])
{
    long double l[BASIS_MAX][BASIS_MAX];

    memset(x, 0, BASIS_MAX * sizeof *x);
    if (!factor(s, ridge, l))
        return;
    for (size_t i = 0; i < s->n; i++) {
        x[i] = s->right[i];
        for (size_t k = 0; k < i; k++)
            x[i] -= l[i][k] * x[k];
        x[i] /= l[i][i];
    }
    for (size_t i = s->n; i-- > 0;) {
        for (size_t k = i + 1; k < s->n; k++)
            x[i] -= l[k][i] * x[k];
        x[i] /= l[i][i];
    }
}

static int64_t
told(long double v)
{
    v *= to_power(FIT_DECIMALS);
    return v >= 0x1p63L ? INT64_MAX : v < -0x1p63L ? INT64_MIN : (int64_t)llroundl(v);
}

size_t
fit_coefficients_n(const struct plan *p)
{
    return p->measure.fields_n - 1 + p->measure.intercept;
}

void
fit_tell(const struct plan *p, const long double *coefficients, struct buf *json)
{
    size_t features = p->measure.fields_n - 1, n = fit_coefficients_n(p);

    buf_addz(json, "{\"keys\":[");
    for (size_t i = 0; i < p->grouping.keys_n * n; i++) {
        const char *name = i % n < features
            ? p->scope.fields[p->measure.fields[i % n]].type.name
            : FIT_INTERCEPT;
        buf_addz(json, i > 0 ? "," : "");
        measure_text_named(p, i / n, name, json);
    }
    buf_addz(json, "],\"values\":[");
    for (size_t i = 0; i < p->grouping.keys_n * n; i++)
        buf_addf(json, "%s%lld", i > 0 ? "," : "", (long long)told(coefficients[i]));
    buf_addf(json, "],\"decimals\":%d,\"error95\":\"\"}", FIT_DECIMALS);
}

/* Noise of a coordinate as a share of the rows. */
static long double
noise_share(const struct mechanism *m, const __int128 *vector)
{
    long double n = (long double)vector[0];

    return m == NULL ? 0 : mechanism_scale(m) / fmaxl(n, (long double)MOMENT_BOUND);
}

/* The coefficients of one key, in the fields' own units. */
static void
fit_key(const struct plan *p, const struct mechanism *m, const __int128 *vector,
    long double *out)
{
    struct system s = {0};
    size_t features = p->measure.fields_n - 1;
    struct basis target = {p->measure.fields_n, 1, 0, 1};
    long double x[BASIS_MAX], reach, middle;

    place_of(p, p->measure.fields_n, &reach, &middle);
    target.gamma = p->measure.intercept ? 0 : middle / reach;
    choose_basis(p, &s);
    fill_system(p, vector, &target, &s);
    solve(&s, ridge_of(&s, noise_share(m, vector)), x);
    for (size_t i = 0; i < s.n; i++)
        x[i] *= reach / s.basis[i].unit;
    for (size_t i = 0; p->measure.intercept && i < features; i++) {
        long double own, at;
        place_of(p, i + 1, &own, &at);
        x[features] -= x[i] * at;
    }
    if (p->measure.intercept)
        x[features] += middle;
    memcpy(out, x, fit_coefficients_n(p) * sizeof *out);
}

enum err
linear_tell(struct diag *d, struct arena *a, const struct plan *p,
    const struct mechanism *m, const __int128 *vector, struct buf *json)
{
    size_t n = fit_coefficients_n(p), width = moments_width(p);
    long double *all = arena_array(a, sizeof *all, n * p->grouping.keys_n);

    if (all == NULL)
        return FAIL(d, ERR_TOO_LARGE, "The question needs too much memory.");
    for (size_t k = 0; k < p->grouping.keys_n; k++)
        fit_key(p, m, vector + k * width, all + k * n);
    fit_tell(p, all, json);
    return ERR_OK;
}
