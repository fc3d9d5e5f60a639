/* selection.c -- choosing instead of adding: candidates, keys, the first of a list. */
#include "policies/selection.h"

#include "datasite/base/arena.h"
#include "datasite/base/check.h"
#include "policies/conversion.h"
#include "policies/noise.h"
#include "policies/scale.h"
#include "policies/tail.h"

#include <math.h>

typedef unsigned __int128 u128;

#define CHANGE_MAX  (UINT64_C(1) << 60)
#define SPARSE_MISS 0.025L /* of error95, for the threshold and for all queries */

static enum err
plan_fails(struct diag *d)
{
    return FAIL(d, ERR_INVALID,
        "this price is too small for what is asked: pay more, or ask for less");
}

/* Pure epsilon, and what any pure mechanism costs in zCDP. */
static struct budget
pure_price(int64_t eps_nano, int64_t delta_atto)
{
    long double eps = (long double)eps_nano / (long double)NANO;

    return (struct budget){
        .rho_nano = price_up(pure_rho(eps), eps * 0x1p-60L),
        .delta_atto = delta_atto,
        .eps_nano = eps_nano,
    };
}

/* --- the best of public candidates ------------------------------------------------ */

struct selection {
    uint64_t range; /* greatest change of a difference of two scores */
    size_t candidates_n;
    size_t picks;
};

static int64_t
selection_error(const struct mechanism *m, const struct selection *s)
{
    long double error = mechanism_scale(m) * logl(20 * (long double)s->candidates_n);

    return error < 0x1p62L ? (int64_t)ceill(error) : INT64_MAX;
}

static enum err
plan_flip(struct diag *d, int64_t nano, const void *of, struct mechanism *out)
{
    const struct selection *s = of;
    int64_t each = nano / (int64_t)s->picks;

    *out = (struct mechanism){.kind = MECH_PERMUTE_AND_FLIP};
    if (each == 0 || !scale_laplace((u128)s->range * NANO, (u128)each, out))
        return plan_fails(d);
    out->price = pure_price(nano, 0);
    out->error95 = selection_error(out, s);
    return ERR_OK;
}

/* rho = (range / scale)^2 / 8: the scale is that of a Gaussian at four times rho. */
static enum err
plan_exponential(struct diag *d, int64_t nano, const void *of, struct mechanism *out)
{
    const struct selection *s = of;
    int64_t each = nano / (int64_t)s->picks;

    *out = (struct mechanism){.kind = MECH_EXPONENTIAL};
    if (each == 0 || !scale_gaussian((u128)s->range * s->range, 4 * (u128)each, out))
        return plan_fails(d);
    out->scale_den = UINT64_C(1) << out->scale_den;
    out->price = (struct budget){.rho_nano = nano, .eps_nano = EPS_NONE};
    out->error95 = selection_error(out, s);
    return ERR_OK;
}

enum err
selection_plan(struct diag *d, enum accounting acc, const struct price *p,
    uint64_t change, bool monotone, size_t candidates_n, size_t picks,
    struct mechanism *out)
{
    static const struct family choices = {plan_flip, plan_exponential};

    if (candidates_n == 0 || picks == 0 || picks > INT32_MAX)
        return FAIL(d, ERR_INVALID, "there must be candidates, and a pick at least");
    if (change > CHANGE_MAX)
        return FAIL(d, ERR_INVALID, "one unit may change too much: truncate its rows");
    const struct selection s = {
        .range = (change > 0 ? change : 1) * (monotone ? 1 : 2),
        .candidates_n = candidates_n,
        .picks = picks,
    };
    return family_plan(d, acc, p, &choices, &s, out);
}

/* A coin of exp(-(best - score) / scale). */
static bool
flip(const struct mechanism *m, struct rng *r, int64_t best, int64_t score)
{
    u128 gap = (u128)((__int128)best - score);

    return noise_bernoulli_exp(r, gap * m->scale_den, m->scale_num);
}

static int64_t
best_of(const int64_t *scores, const size_t *among, size_t n)
{
    int64_t best = scores[among[0]];

    for (size_t i = 1; i < n; i++) {
        if (scores[among[i]] > best)
            best = scores[among[i]];
    }
    return best;
}

static void
swap(size_t *a, size_t *b)
{
    size_t kept = *a;

    *a = *b;
    *b = kept;
}

/* Position in `among` of the choice. Permute and flip asks everyone once in random
 * order; the exponential mechanism asks anyone again until a coin falls: the best one's
 * always does, so both end. Reorders `among`. */
static size_t
choose(const struct mechanism *m, struct rng *r, const int64_t *scores, size_t *among,
    size_t n)
{
    bool once = m->kind == MECH_PERMUTE_AND_FLIP;
    int64_t best = best_of(scores, among, n);

    if (rng_is_constant(r))
        return 0;
    for (size_t asked = 0;; asked += once) {
        CHECK(asked < n);
        swap(&among[asked], &among[asked + rng_below(r, n - asked)]);
        if (flip(m, r, best, scores[among[asked]]))
            return asked;
    }
}

void
selection_peel(const struct mechanism *m, struct rng *r, const int64_t *scores,
    size_t n, size_t picks, size_t *scratch, size_t *chosen)
{
    CHECK(m->kind == MECH_PERMUTE_AND_FLIP || m->kind == MECH_EXPONENTIAL);
    CHECK(picks <= n);
    for (size_t i = 0; i < n; i++)
        scratch[i] = i;
    for (size_t i = 0; i < picks; i++) {
        size_t at = choose(m, r, scores, scratch, n - i);

        chosen[i] = scratch[at];
        swap(&scratch[at], &scratch[n - i - 1]);
    }
}

int64_t
quantile_score(uint64_t below, uint64_t above, uint64_t num, uint64_t den)
{
    CHECK(num <= den);
    u128 under = (u128)(den - num) * below, over = (u128)num * above;
    u128 off = under > over ? under - over : over - under;

    return off > INT64_MAX ? -INT64_MAX : -(int64_t)off;
}

uint64_t
quantile_change(uint64_t num, uint64_t den)
{
    CHECK(num <= den);
    return num > den - num ? num : den - num;
}

/* --- keys that nobody may know beforehand ----------------------------------------- */

/* The share of delta of one key: 1 - (1 - delta)^(1/groups), rounded down. */
static long double
delta_of_key(int64_t delta_atto, uint64_t groups)
{
    long double delta = (long double)delta_atto / (long double)ATTO;

    return -expm1l(log1pl(-delta) / (long double)groups) * (1 - 0x1p-58L);
}

static long double
noise_tail(const struct mechanism *m, long double at_least)
{
    long double scale = mechanism_scale(m);

    return m->kind == MECH_DISCRETE_LAPLACE ? laplace_tail(scale, at_least)
                                            : gaussian_tail(scale, at_least);
}

static bool
margin_enough(const struct mechanism *m, int64_t margin, long double delta)
{
    return noise_tail(m, (long double)margin + 1) * (1 + 0x1p-50L) <= delta;
}

/* The least margin with P[Z > margin] <= delta. A value of one unit, at most linf, is
 * then kept with no more than delta by the threshold linf + margin. False: there is
 * none in range. */
static bool
margin_of(const struct mechanism *m, long double delta, int64_t *out)
{
    int64_t lo = 0;
    int64_t hi = INT64_C(1) << 61;

    while (lo < hi) {
        int64_t mid = lo + (hi - lo) / 2;

        if (margin_enough(m, mid, delta)) {
            hi = mid;
        } else {
            lo = mid + 1;
        }
    }
    *out = lo;
    return margin_enough(m, lo, delta);
}

enum err
threshold_plan(struct diag *d, enum accounting acc, const struct price *p,
    const struct sensitivity *s, uint64_t groups, uint64_t least, struct mechanism *out)
{
    struct price noise = *p;
    uint64_t lowest;
    int64_t margin, threshold;

    TRY(price_check(d, acc, p));
    if (acc == ACCOUNT_PURE || p->delta_atto == 0)
        return FAIL(d, ERR_POLICY, "unknown keys need a price with delta");
    if (groups == 0 || least == 0)
        return FAIL(d, ERR_INTERNAL, "groups and least are at least 1");
    noise.delta_atto = 0;
    TRY(mechanism_plan(d, acc, &noise, s, out));
    if (!margin_of(out, delta_of_key(p->delta_atto, groups), &margin))
        return plan_fails(d);
    if (__builtin_mul_overflow(least, s->linf, &lowest) || lowest > INT64_MAX ||
        __builtin_add_overflow((int64_t)lowest, margin, &threshold))
        return plan_fails(d);
    out->kind = out->kind == MECH_DISCRETE_LAPLACE ? MECH_LAPLACE_THRESHOLD
                                                   : MECH_GAUSSIAN_THRESHOLD;
    out->threshold = threshold;
    out->price.delta_atto = p->delta_atto;
    return ERR_OK;
}

bool
threshold_keeps(const struct mechanism *m, int64_t noisy)
{
#ifdef MUTANT_THRESHOLD_AT_LEAST
    return noisy >= m->threshold;
#else
    return noisy > m->threshold;
#endif
}

void
threshold_run(const struct mechanism *m, struct rng *r, uint64_t least,
    const __int128 *values, const uint64_t *units, size_t n, int64_t *noisy, bool *keep)
{
    for (size_t i = 0; i < n; i++) {
        mechanism_run(m, r, &values[i], 1, &noisy[i]);
        keep[i] = units[i] >= least && threshold_keeps(m, noisy[i]);
    }
}

/* --- optimal selection of keys ---------------------------------------------------- */

#define KEEP_ONE       (UINT64_C(1) << 62)
#define KEEP_UNITS_MAX (1 << 17) /* from here on the curve stays level, which is safe */

/* One step of Thm 1 from a rounded value: both inequalities bound the next probability
 * from above by the last, so rounding down keeps them. shrink is e^-eps rounded up. */
static uint64_t
keep_step(uint64_t last, uint64_t shrink, uint64_t delta)
{
    u128 grown = ((u128)last << 62) / shrink + delta;

    if (last + delta >= KEEP_ONE)
        return KEEP_ONE;
    u128 missing = (u128)shrink * (KEEP_ONE - last - delta);
    uint64_t other = KEEP_ONE - (uint64_t)((missing + KEEP_ONE - 1) >> 62);

    return grown < other ? (uint64_t)grown : other;
}

enum err
keep_plan(struct diag *d, enum accounting acc, const struct price *p, uint64_t groups,
    uint64_t least, struct mechanism *out)
{
    TRY(price_check(d, acc, p));
    if (acc == ACCOUNT_PURE || p->delta_atto == 0)
        return FAIL(d, ERR_POLICY, "unknown keys need a price with delta");
    if (p->kind != PRICE_EPSILON)
        return FAIL(d, ERR_INVALID, "selecting keys without counts is paid in epsilon");
    if (groups == 0 || least == 0 || least > KEEP_UNITS_MAX / 2) {
        return FAIL(
            d, ERR_INVALID, "the minimum of units behind a key is out of range");
    }
    *out = (struct mechanism){
        .kind = MECH_PARTITION_SELECTION,
        .price = pure_price(p->nano, p->delta_atto),
    };
    return ERR_OK;
}

enum err
keep_curve_make(struct diag *d, struct arena *a, const struct mechanism *m,
    uint64_t groups, uint64_t least, struct keep_curve *out)
{
    CHECK(m->kind == MECH_PARTITION_SELECTION && groups > 0 && least > 0);
    long double eps =
        (long double)m->price.eps_nano / (long double)NANO / (long double)groups;
    long double fall = ceill(expl(-eps) * (1 + 0x1p-58L) * 0x1p62L);
    uint64_t shrink = fall < 1 ? 1 : fall < 0x1p62L ? (uint64_t)fall : KEEP_ONE;
    uint64_t delta = (uint64_t)(delta_of_key(m->price.delta_atto, groups) * 0x1p62L);

    *out = (struct keep_curve){.at = arena_array(a, sizeof *out->at, KEEP_UNITS_MAX)};
    if (out->at == NULL)
        return FAIL(d, ERR_TOO_LARGE, "selecting keys needs too much memory");
    out->n = least;
    for (uint64_t last = 0; out->n < KEEP_UNITS_MAX && last < KEEP_ONE; out->n++)
        last = out->at[out->n] = keep_step(last, shrink, delta);
    return ERR_OK;
}

bool
keep_draw(const struct keep_curve *c, struct rng *r, uint64_t units)
{
    size_t at = units < c->n ? (size_t)units : c->n - 1;

    if (rng_is_constant(r))
        return false;
    return rng_below(r, KEEP_ONE) < c->at[at];
}

/* --- the first above a threshold -------------------------------------------------- */

struct sparse {
    u128 change; /* of a comparison with the threshold */
    size_t queries_n;
};

/* Half of epsilon for the threshold's noise, half for the queries': scale 2 change /
 * eps for both where queries move the same way, twice that where they need not. The
 * error is that of the threshold and of whichever query strays the furthest. */
static enum err
plan_sparse(struct diag *d, int64_t nano, const void *of, struct mechanism *out)
{
    const struct sparse *s = of;

    *out = (struct mechanism){.kind = MECH_SPARSE_VECTOR};
    if (!scale_laplace(2 * s->change * NANO, (u128)nano, out))
        return plan_fails(d);
    long double scale = mechanism_scale(out);
    int64_t bar = laplace_width(scale, SPARSE_MISS);
    int64_t query = laplace_width(scale, SPARSE_MISS / (long double)s->queries_n);

    out->price = pure_price(nano, 0);
    if (__builtin_add_overflow(bar, query, &out->error95))
        out->error95 = INT64_MAX;
    return ERR_OK;
}

enum err
sparse_plan(struct diag *d, enum accounting acc, const struct price *p, uint64_t change,
    bool monotone, size_t queries_n, struct mechanism *out)
{
    static const struct family firsts = {plan_sparse, NULL};

    if (queries_n == 0)
        return FAIL(d, ERR_INVALID, "there must be a query");
    if (change > CHANGE_MAX)
        return FAIL(d, ERR_INVALID, "one unit may change too much: truncate its rows");
    const struct sparse s = {
        .change = (u128)(change > 0 ? change : 1) * (monotone ? 1 : 2),
        .queries_n = queries_n,
    };
    return family_plan(d, acc, p, &firsts, &s, out);
}

size_t
sparse_run(const struct mechanism *m, struct rng *r, const __int128 *values, size_t n,
    __int128 threshold)
{
    __int128 bar = threshold + mechanism_draw(m, r);

    if (rng_is_constant(r))
        return n;
    for (size_t i = 0; i < n; i++) {
#ifdef MUTANT_SPARSE_WITHOUT_QUERY_NOISE
        __int128 noise = 0;
#else
        __int128 noise = mechanism_draw(m, r);
#endif
        if (values[i] + noise > bar)
            return i;
    }
    return n;
}
