/* mechanism.c -- plans additive noise in integers, prices it, and draws it. */
#include "policies/mechanism.h"

#include "datasite/base/check.h"
#include "policies/conversion.h"
#include "policies/noise.h"
#include "policies/scale.h"
#include "policies/tail.h"

#include <math.h>
#include <string.h>

typedef unsigned __int128 u128;

#define L1_BITS_MAX 90    /* l1 * 1e9 must fit in 122 bits */
#define ERROR_MISS  0.05L /* error95 */

const char *
mech_name(enum mech m)
{
    static const char *const name[] = {
        [MECH_DISCRETE_LAPLACE] = "discrete_laplace",
        [MECH_DISCRETE_GAUSSIAN] = "discrete_gaussian",
        [MECH_PERMUTE_AND_FLIP] = "permute_and_flip",
        [MECH_EXPONENTIAL] = "exponential",
        [MECH_LAPLACE_THRESHOLD] = "laplace_threshold",
        [MECH_GAUSSIAN_THRESHOLD] = "gaussian_threshold",
        [MECH_PARTITION_SELECTION] = "partition_selection",
        [MECH_SPARSE_VECTOR] = "sparse_vector",
    };
    CHECK((size_t)m < ARRAY_N(name));
    return name[m];
}

/* --- discrete Laplace ------------------------------------------------------------- */

long double
mechanism_scale(const struct mechanism *m)
{
    switch (m->kind) {
    case MECH_DISCRETE_GAUSSIAN:
    case MECH_GAUSSIAN_THRESHOLD:
        return ldexpl((long double)m->scale_num, -(int)m->scale_den);
    case MECH_DISCRETE_LAPLACE:
    case MECH_LAPLACE_THRESHOLD:
    case MECH_PERMUTE_AND_FLIP:
    case MECH_EXPONENTIAL:
    case MECH_PARTITION_SELECTION:
    case MECH_SPARSE_VECTOR:
        return (long double)m->scale_num / (long double)m->scale_den;
    }
    UNREACHABLE();
}

/* zCDP price of noise of scale t on a vector. The price of a coordinate is convex in
 * its change and zero at zero, so the worst vector has as many coordinates at linf as
 * l1 allows and the rest in one more. Each bracket of discrete_laplace_rho is good to
 * 2^-60 of the change, so the sum is to 2^-60 of epsilon. */
static int64_t
laplace_price_rho(
    const struct mechanism *m, const struct sensitivity *s, int64_t eps_nano)
{
    long double x = (long double)m->scale_den / (long double)m->scale_num;
    u128 whole = s->l1 / s->linf;
    u128 rest = s->l1 % s->linf;
    long double rho = (long double)whole * discrete_laplace_rho(x, s->linf) +
        discrete_laplace_rho(x, (long double)rest);
    long double eps = (long double)eps_nano / (long double)NANO;
    int64_t tight = price_up(rho, eps * 0x1p-60L);
    int64_t basic = price_up(eps * eps / 2, eps * eps * 0x1p-62L);

    return tight < basic ? tight : basic;
}

static enum err
plan_laplace(struct diag *d, int64_t eps_nano, const void *of, struct mechanism *out)
{
    const struct sensitivity *s = of;

    *out = (struct mechanism){.kind = MECH_DISCRETE_LAPLACE};
    if (!scale_laplace(s->l1 * NANO, (u128)eps_nano, out)) {
        return FAIL(d, ERR_INVALID,
            "the noise at this price exceeds the number range: clip to narrower bounds "
            "or pay more");
    }
    out->price = (struct budget){
        .rho_nano = laplace_price_rho(out, s, eps_nano),
        .eps_nano = eps_nano,
    };
    out->error95 = laplace_width(mechanism_scale(out), ERROR_MISS);
    return ERR_OK;
}

/* --- discrete Gaussian ------------------------------------------------------------ */

static enum err
plan_gaussian(struct diag *d, int64_t rho_nano, const void *of, struct mechanism *out)
{
    const struct sensitivity *s = of;

    *out = (struct mechanism){.kind = MECH_DISCRETE_GAUSSIAN};
    if (!scale_gaussian(s->l2sq, (u128)rho_nano, out)) {
        return FAIL(d, ERR_INVALID,
            "the noise at this price exceeds the number range: clip to narrower bounds "
            "or pay more");
    }
    out->price = (struct budget){.rho_nano = rho_nano, .eps_nano = EPS_NONE};
    out->error95 = gaussian_width(mechanism_scale(out), ERROR_MISS);
    return ERR_OK;
}

/* --- prices ----------------------------------------------------------------------- */

/* The least amount whose error is within the asked one: errors fall as prices grow. An
 * amount too small to plan counts as an error too great. */
static enum err
plan_for_error(
    struct diag *d, plan_fn *plan, const void *of, int64_t error, struct mechanism *out)
{
    int64_t lo = 1;
    int64_t hi = PRICE_NANO_MAX;

    while (lo < hi) {
        int64_t mid = lo + (hi - lo) / 2;
        struct diag ignored = {0};

        if (plan(&ignored, mid, of, out) == ERR_OK && out->error95 <= error) {
            hi = mid;
        } else {
            lo = mid + 1;
        }
    }
    TRY(plan(d, lo, of, out));
    if (out->error95 > error)
        return FAIL(d, ERR_INVALID, "no price reaches this error");
    return ERR_OK;
}

/* In pure accounting what is paid in epsilon; else the cheaper of both. */
static enum err
plan_cheaper(struct diag *d, enum accounting acc, int64_t error, const struct family *f,
    const void *of, struct mechanism *out)
{
    struct mechanism other;
    struct diag ignored = {0};

    TRY(plan_for_error(d, f->epsilon, of, error, out));
    if (acc == ACCOUNT_PURE || f->rho == NULL)
        return ERR_OK;
    if (plan_for_error(&ignored, f->rho, of, error, &other) == ERR_OK &&
        other.price.rho_nano < out->price.rho_nano)
        *out = other;
    return ERR_OK;
}

enum err
family_plan(struct diag *d, enum accounting acc, const struct price *p,
    const struct family *f, const void *of, struct mechanism *out)
{
    TRY(price_check(d, acc, p));
    if (p->delta_atto != 0)
        return FAIL(d, ERR_INVALID, "a delta is paid for unknown keys only");
    switch (p->kind) {
    case PRICE_EPSILON:
        return f->epsilon(d, p->nano, of, out);
    case PRICE_RHO:
        if (f->rho == NULL)
            return FAIL(d, ERR_INVALID, "this measurement is paid in epsilon, not rho");
        return f->rho(d, p->nano, of, out);
    case PRICE_ERROR:
        return plan_cheaper(d, acc, p->error, f, of, out);
    }
    UNREACHABLE();
}

enum err
price_check(struct diag *d, enum accounting acc, const struct price *p)
{
    int64_t amount = p->kind == PRICE_ERROR ? p->error : p->nano;

    if (amount <= 0)
        return FAIL(d, ERR_INVALID, "a price must be greater than 0");
    if (p->kind != PRICE_ERROR && amount > PRICE_NANO_MAX)
        return FAIL(d, ERR_INVALID, "a price must be at most 1000000000");
    if (p->kind == PRICE_RHO && acc == ACCOUNT_PURE) {
        return FAIL(d, ERR_POLICY,
            "this dataset's budget has delta 0: pay with epsilon, not rho");
    }
    if (p->delta_atto < 0 || p->delta_atto >= ATTO)
        return FAIL(d, ERR_INVALID, "delta must be at least 0 and below 1");
    if (p->delta_atto > 0 && acc == ACCOUNT_PURE) {
        return FAIL(
            d, ERR_POLICY, "this dataset's budget has delta 0: no delta may be spent");
    }
    return ERR_OK;
}

/* A vector that cannot change still pays for a change of one, so that price and
 * noise never say that it cannot. A sensitivity that saturated or is not filled in
 * is refused: it would be too small. */
static enum err
sensitivity_take(struct diag *d, const struct sensitivity *s, struct sensitivity *out)
{
    *out = *s;
    if (s->l1 == 0) {
        *out = (struct sensitivity){.l1 = 1, .l2sq = 1, .linf = 1};
        return ERR_OK;
    }
    if (s->l2sq == 0 || s->linf == 0)
        return FAIL(d, ERR_INTERNAL, "a sensitivity is not complete");
    if (s->l2sq == ~(u128)0 || s->l1 >> L1_BITS_MAX != 0)
        return FAIL(d, ERR_INVALID, "the bounds are too wide: clip to narrower ones");
    if (out->linf > out->l1)
        out->linf = (uint64_t)out->l1;
#ifdef MUTANT_HALF_SENSITIVITY
    out->l1 = (out->l1 + 1) / 2;
    out->l2sq = (out->l2sq + 3) / 4;
#endif
    return ERR_OK;
}

enum err
mechanism_plan(struct diag *d, enum accounting acc, const struct price *p,
    const struct sensitivity *s, struct mechanism *out)
{
    static const struct family sums = {plan_laplace, plan_gaussian};
    struct sensitivity at;

    TRY(sensitivity_take(d, s, &at));
    return family_plan(d, acc, p, &sums, &at, out);
}

/* --- drawing ---------------------------------------------------------------------- */

__int128
mechanism_draw(const struct mechanism *m, struct rng *r)
{
    switch (m->kind) {
    case MECH_DISCRETE_LAPLACE:
    case MECH_LAPLACE_THRESHOLD:
    case MECH_SPARSE_VECTOR:
        return noise_discrete_laplace(r, m->scale_num, m->scale_den);
    case MECH_DISCRETE_GAUSSIAN:
    case MECH_GAUSSIAN_THRESHOLD:
        return noise_discrete_gaussian(r, m->scale_num, (unsigned)m->scale_den);
    case MECH_PERMUTE_AND_FLIP:
    case MECH_EXPONENTIAL:
    case MECH_PARTITION_SELECTION:
        break; /* these choose; they add nothing */
    }
    UNREACHABLE();
}

int64_t
mechanism_saturate(__int128 truth, __int128 noise)
{
    __int128 sum;

    if (__builtin_add_overflow(truth, noise, &sum))
        return noise < 0 ? INT64_MIN : INT64_MAX;
    if (sum > INT64_MAX)
        return INT64_MAX;
    return sum < INT64_MIN ? INT64_MIN : (int64_t)sum;
}

void
mechanism_run(const struct mechanism *m, struct rng *r, const __int128 *truth, size_t n,
    int64_t *noisy)
{
    __int128 noise = 0;

    if (rng_is_constant(r)) {
        memset(noisy, 0, n * sizeof *noisy);
        return;
    }
    for (size_t i = 0; i < n; i++) {
#ifdef MUTANT_REUSED_NOISE
        if (i == 0)
#endif
            noise = mechanism_draw(m, r);
        noisy[i] = mechanism_saturate(truth[i], noise);
    }
}
