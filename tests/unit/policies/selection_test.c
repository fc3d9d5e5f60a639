/* selection_test.c -- choices fall as the papers say, delta pays for what it covers. */
#include "policies/selection.h"

#include "datasite/base/arena.h"
#include "datasite/base/check.h"
#include "policies/tail.h"
#include "tests/unit/policies/goodness.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#define DRAWS 300000

static const struct sensitivity one = {.l1 = 1, .l2sq = 1, .linf = 1};

static struct mechanism
planned(enum price_kind kind, int64_t amount, uint64_t change, bool monotone, size_t n)
{
    struct diag d = {0};
    struct price p = {.kind = kind, .nano = amount, .error = amount};
    struct mechanism m;

    cr_assert_eq(selection_plan(&d, ACCOUNT_ZCDP, &p, change, monotone, n, 1, &m),
        ERR_OK, "%s", d.text);
    return m;
}

static size_t
pick(const struct mechanism *m, struct rng *r, const int64_t *scores, size_t n)
{
    size_t scratch[16], chosen;

    selection_peel(m, r, scores, n, 1, scratch, &chosen);
    return chosen;
}

/* --- candidates ------------------------------------------------------------------- */

/* Chance that i is taken, over all orders: who is asked next is uniform. */
static double
flip_chance(const int64_t *scores, const bool *asked, size_t n, size_t i, double scale)
{
    double total = 0, left = 0;

    for (size_t k = 0; k < n; k++)
        left += !asked[k];
    for (size_t k = 0; k < n; k++) {
        bool then[8];
        double best = 3, p = exp(((double)scores[k] - best) / scale);

        if (asked[k])
            continue;
        memcpy(then, asked, sizeof then);
        then[k] = true;
        total += k == i ? p : (1 - p) * flip_chance(scores, then, n, i, scale);
    }
    return left > 0 ? total / left : 0;
}

Test(selection, permute_and_flip_fits_its_law)
{
    static const int64_t scores[5] = {3, 3, 0, 1, -2};
    struct mechanism m = planned(PRICE_EPSILON, NANO, 1, false, 5);
    struct rng *r = rng_seeded(1);
    uint64_t seen[5] = {0};
    double expected[5];

    cr_expect_eq(m.kind, MECH_PERMUTE_AND_FLIP);
    cr_expect_eq(m.scale_num, 2 * m.scale_den, "2 change / epsilon");
    for (size_t i = 0; i < 5; i++)
        expected[i] = flip_chance(scores, (bool[8]){false}, 5, i, 2);
    for (int n = 0; n < DRAWS; n++)
        seen[pick(&m, r, scores, 5)]++;
    cr_expect_gt(goodness_p(seen, expected, 5, DRAWS), GOODNESS_P);
    rng_free(r);
}

Test(selection, exponential_mechanism_fits_its_law)
{
    static const int64_t scores[5] = {3, 3, 0, 1, -2};
    struct mechanism m = planned(PRICE_RHO, NANO / 8, 1, false, 5);
    struct rng *r = rng_seeded(2);
    uint64_t seen[5] = {0};
    double expected[5], sum = 0;

    cr_expect_eq(m.kind, MECH_EXPONENTIAL);
    for (size_t i = 0; i < 5; i++)
        sum += expected[i] = exp((double)scores[i] / 2); /* range 2, scale 2: rho 1/8 */
    for (size_t i = 0; i < 5; i++)
        expected[i] /= sum;
    for (int n = 0; n < DRAWS; n++)
        seen[pick(&m, r, scores, 5)]++;
    cr_expect_gt(goodness_p(seen, expected, 5, DRAWS), GOODNESS_P);
    rng_free(r);
}

/* rho >= (range / scale)^2 / 8 for any change and price. */
Test(selection, exponential_scale_is_enough)
{
    struct rng *r = rng_seeded(3);

    for (int i = 0; i < 5000; i++) {
        uint64_t change = 1 + rng_below(r, 1000000);
        int64_t rho = 1 + (int64_t)rng_below(r, UINT64_C(1) << (1 + rng_below(r, 50)));
        struct mechanism m = planned(PRICE_RHO, rho, change, i % 2, 10);
        long double range = (long double)change * (i % 2 ? 1 : 2) / mechanism_scale(&m);

        cr_assert(range * range / 8 * 1e9L <= (long double)rho * (1 + 0x1p-60L));
    }
    rng_free(r);
}

Test(selection, monotone_scores_need_half_the_noise)
{
    struct mechanism both = planned(PRICE_EPSILON, NANO, 3, false, 5);
    struct mechanism same = planned(PRICE_EPSILON, NANO, 3, true, 5);

    cr_expect_eq(both.scale_num, 6);
    cr_expect_eq(same.scale_num, 3);
}

/* dp_accounting charges a repeated exponential mechanism once: picks share one
 * price. */
Test(selection, picks_share_the_price)
{
    struct diag d = {0};
    struct price p = {.kind = PRICE_EPSILON, .nano = NANO};
    struct mechanism m;

    cr_assert_eq(selection_plan(&d, ACCOUNT_PURE, &p, 1, true, 10, 4, &m), ERR_OK);
    cr_expect_eq(m.scale_num, 4);
    cr_expect_eq(m.price.eps_nano, NANO);
    p.nano = 3;
    cr_expect_eq(selection_plan(&d, ACCOUNT_PURE, &p, 1, true, 10, 4, &m), ERR_INVALID,
        "a quarter of three nanos is none");
}

Test(selection, peeling_takes_each_once_and_the_best_at_a_great_price)
{
    static const int64_t scores[6] = {10, 60, 20, 50, INT64_MIN, INT64_MAX};
    struct diag d = {0};
    struct price p = {.kind = PRICE_EPSILON, .nano = 1000000 * NANO};
    struct rng *r = rng_seeded(4);
    struct mechanism m;
    size_t scratch[6], chosen[6];

    cr_assert_eq(selection_plan(&d, ACCOUNT_PURE, &p, 1, true, 6, 6, &m), ERR_OK);
    selection_peel(&m, r, scores, 6, 6, scratch, chosen);
    static const size_t want[6] = {5, 1, 3, 2, 0, 4};

    for (size_t i = 0; i < 6; i++)
        cr_expect_eq(chosen[i], want[i]);
    rng_free(r);
}

Test(selection, an_error_price_takes_the_cheaper_mechanism)
{
    struct diag d = {0};
    struct price p = {.kind = PRICE_ERROR, .error = 20};
    struct mechanism m;

    cr_assert_eq(selection_plan(&d, ACCOUNT_ZCDP, &p, 1, true, 61, 1, &m), ERR_OK);
    cr_expect_eq(m.kind, MECH_EXPONENTIAL);
    cr_expect_leq(m.error95, 20);
    cr_assert_eq(selection_plan(&d, ACCOUNT_PURE, &p, 1, true, 61, 1, &m), ERR_OK);
    cr_expect_eq(m.kind, MECH_PERMUTE_AND_FLIP);
    cr_expect_leq(m.error95, 20);
}

Test(selection, misuse_is_refused)
{
    struct diag d = {0};
    struct price p = {.kind = PRICE_EPSILON, .nano = NANO};
    struct mechanism m;

    cr_expect_eq(selection_plan(&d, ACCOUNT_PURE, &p, 1, true, 0, 1, &m), ERR_INVALID);
    cr_expect_eq(selection_plan(&d, ACCOUNT_PURE, &p, 1, true, 3, 0, &m), ERR_INVALID);
    cr_expect_eq(
        selection_plan(&d, ACCOUNT_PURE, &p, 1, true, 3, SIZE_MAX, &m), ERR_INVALID);
    cr_expect_eq(
        selection_plan(&d, ACCOUNT_PURE, &p, UINT64_MAX, true, 3, 1, &m), ERR_INVALID);
    p.kind = PRICE_RHO;
    cr_expect_eq(selection_plan(&d, ACCOUNT_PURE, &p, 1, true, 3, 1, &m), ERR_POLICY);
    p.delta_atto = 1;
    cr_expect_eq(selection_plan(&d, ACCOUNT_ZCDP, &p, 1, true, 3, 1, &m), ERR_INVALID);
}

/* diffprivlib's quantile answers NaN exactly where the data hold one, and draws
 * before it spends. Scores here are integers of counts: every input has one, none is
 * special. */
Test(selection, quantile_scores)
{
    cr_expect_eq(quantile_score(20, 79, 1, 2), -59);
    cr_expect_eq(quantile_score(40, 59, 1, 2), -19);
    cr_expect_eq(quantile_score(72, 27, 1, 2), -45);
    cr_expect_eq(quantile_score(0, 0, 1, 2), 0);
    cr_expect_eq(quantile_score(UINT64_MAX, 0, 0, UINT64_MAX), -INT64_MAX);
    cr_expect_eq(quantile_score(0, UINT64_MAX, 1, 1), -INT64_MAX);
    cr_expect_eq(quantile_change(1, 2), 1);
    cr_expect_eq(quantile_change(1, 4), 3);
    cr_expect_eq(quantile_change(3, 4), 3);
    cr_expect_eq(quantile_change(0, 1), 1);
}

/* One row more moves no score by more than quantile_change, wherever it falls. */
Test(selection, quantile_scores_change_as_declared)
{
    struct rng *r = rng_seeded(5);

    for (int i = 0; i < 20000; i++) {
        uint64_t den = 1 + rng_below(r, 1000), num = rng_below(r, den + 1);
        uint64_t below = rng_below(r, 1000), above = rng_below(r, 1000);
        int64_t was = quantile_score(below, above, num, den);
        int64_t more = quantile_score(below + 1, above, num, den);
        int64_t less = quantile_score(below, above + 1, num, den);

        cr_assert_leq((uint64_t)llabs(more - was), quantile_change(num, den));
        cr_assert_leq((uint64_t)llabs(less - was), quantile_change(num, den));
    }
    rng_free(r);
}

/* --- thresholds ------------------------------------------------------------------- */

static struct mechanism
threshold_planned(enum price_kind kind, int64_t nano, int64_t delta, uint64_t groups,
    uint64_t least, const struct sensitivity *s)
{
    struct diag d = {0};
    struct price p = {.kind = kind, .nano = nano, .delta_atto = delta};
    struct mechanism m;

    cr_assert_eq(threshold_plan(&d, ACCOUNT_ZCDP, &p, s, groups, least, &m), ERR_OK,
        "%s", d.text);
    return m;
}

/* OpenDP's make_laplace_threshold keeps noisy >= T on integers but charges the tail of
 * noisy > T, e^(1/scale) times too little. Here equality is not kept, and the threshold
 * is the least whose strict tail is paid for. */
Test(selection, thresholds_are_strict_and_least)
{
    static const int64_t deltas[] = {
        ATTO / 50, ATTO / 1000000, ATTO / 1000000000, 1000};

    for (size_t i = 0; i < ARRAY_N(deltas); i++) {
        for (uint64_t groups = 1; groups < 10; groups += 4) {
            struct sensitivity s = {.l1 = groups, .l2sq = groups, .linf = 1};
            struct mechanism m =
                threshold_planned(PRICE_EPSILON, NANO / 2, deltas[i], groups, 1, &s);
            long double delta = (long double)deltas[i] / (long double)ATTO;
            long double each = -expm1l(log1pl(-delta) / (long double)groups);
            long double scale = mechanism_scale(&m);
            long double over = (long double)(m.threshold - 1);

            cr_expect(laplace_tail(scale, over + 1) <= each);
            cr_expect(laplace_tail(scale, over) > each * (1 - 1e-9L));
            cr_expect(!threshold_keeps(&m, m.threshold));
            cr_expect(threshold_keeps(&m, m.threshold + 1));
            cr_expect_eq(m.price.delta_atto, deltas[i]);
        }
    }
}

/* A key of one unit is released with the exact tail, and no more than delta. A build
 * that keeps ">=" exceeds it and fails here. */
static void
check_release_rate(enum price_kind kind, int64_t nano)
{
    struct mechanism m = threshold_planned(kind, nano, ATTO / 50, 1, 1, &one);
    struct rng *r = rng_seeded(6);
    const __int128 value = 1;
    const uint64_t units = 1;
    uint64_t seen[2] = {0, 0};
    long double scale = mechanism_scale(&m), over = (long double)m.threshold;
    long double tail = m.kind == MECH_LAPLACE_THRESHOLD ? laplace_tail(scale, over)
                                                        : gaussian_tail(scale, over);
    double expected[2] = {(double)(1 - tail), (double)tail};

    cr_expect(tail <= 0.02L);
    for (int n = 0; n < DRAWS; n++) {
        int64_t noisy;
        bool keep;

        threshold_run(&m, r, 1, &value, &units, 1, &noisy, &keep);
        seen[keep]++;
    }
    cr_expect_gt(goodness_p(seen, expected, 2, DRAWS), GOODNESS_P);
    rng_free(r);
}

Test(selection, laplace_thresholds_release_at_their_rate)
{
    check_release_rate(PRICE_EPSILON, NANO);
}

Test(selection, gaussian_thresholds_release_at_their_rate)
{
    check_release_rate(PRICE_RHO, NANO / 4);
}

Test(selection, keys_below_the_owners_minimum_never_leave)
{
    struct mechanism m = threshold_planned(PRICE_EPSILON, NANO, ATTO / 50, 1, 5, &one);
    struct mechanism plain =
        threshold_planned(PRICE_EPSILON, NANO, ATTO / 50, 1, 1, &one);
    struct rng *r = rng_seeded(7);
    const __int128 values[2] = {1000, 1000};
    const uint64_t units[2] = {4, 5};
    int64_t noisy[2];
    bool keep[2];

    cr_expect_eq(m.threshold, plain.threshold + 4);
    threshold_run(&m, r, 5, values, units, 2, noisy, keep);
    cr_expect(!keep[0]);
    cr_expect(keep[1]);
    rng_free(r);
}

Test(selection, thresholds_need_delta_and_zcdp)
{
    struct diag d = {0};
    struct price p = {.kind = PRICE_EPSILON, .nano = NANO};
    struct mechanism m;

    cr_expect_eq(threshold_plan(&d, ACCOUNT_ZCDP, &p, &one, 1, 1, &m), ERR_POLICY);
    p.delta_atto = 1000;
    d = (struct diag){0};
    cr_expect_eq(threshold_plan(&d, ACCOUNT_PURE, &p, &one, 1, 1, &m), ERR_POLICY);
    p.delta_atto = ATTO;
    d = (struct diag){0};
    cr_expect_eq(threshold_plan(&d, ACCOUNT_ZCDP, &p, &one, 1, 1, &m), ERR_INVALID);
}

Test(selection, a_threshold_that_no_number_reaches_is_refused)
{
    struct diag d = {0};
    struct sensitivity wide = {.l1 = 1u << 31, .l2sq = 1, .linf = 1u << 31};
    struct price p = {.kind = PRICE_EPSILON, .nano = 1, .delta_atto = 1};
    struct mechanism m;

    cr_expect_eq(threshold_plan(&d, ACCOUNT_ZCDP, &p, &wide, 1, 1, &m), ERR_INVALID);
    p.nano = NANO;
    d = (struct diag){0};
    cr_expect_eq(
        threshold_plan(&d, ACCOUNT_ZCDP, &p, &wide, 1, UINT64_MAX, &m), ERR_INVALID);
}

/* --- optimal selection of keys ---------------------------------------------------- */

static struct keep_curve
curve(struct arena *a, int64_t eps, int64_t delta, uint64_t groups, uint64_t least)
{
    struct diag d = {0};
    struct price p = {.kind = PRICE_EPSILON, .nano = eps, .delta_atto = delta};
    struct mechanism m;
    struct keep_curve c;

    cr_assert_eq(
        keep_plan(&d, ACCOUNT_ZCDP, &p, groups, least, &m), ERR_OK, "%s", d.text);
    cr_assert_eq(keep_curve_make(&d, a, &m, groups, least, &c), ERR_OK);
    cr_assert_eq(m.price.delta_atto, delta);
    return c;
}

/* Both inequalities of (epsilon, delta), each way, at every count; and close to the
 * optimum that floats give. */
Test(selection, keeping_is_private_and_near_the_optimum)
{
    static const struct {
        int64_t eps, delta;
        uint64_t groups;
    } row[] = {
        {NANO / 2, ATTO / 50, 1},
        {NANO, ATTO / 1000000, 1},
        {NANO, ATTO / 1000, 4},
        {40 * NANO, ATTO / 1000, 1},
        {NANO / 100, ATTO / 100000, 2},
        {1000000 * NANO, ATTO / 2, 1},
    };

    for (size_t i = 0; i < ARRAY_N(row); i++) {
        ARENA_SCOPE(a, 4 << 20);
        struct keep_curve c = curve(a, row[i].eps, row[i].delta, row[i].groups, 1);
        long double eps =
            fminl((long double)row[i].eps / 1e9L / (long double)row[i].groups, 10000);
        long double delta = -expm1l(
            log1pl(-(long double)row[i].delta / 1e18L) / (long double)row[i].groups);
        long double best = 0;

        for (size_t n = 1; n < c.n; n++) {
            long double last = (long double)c.at[n - 1] * 0x1p-62L;
            long double p = (long double)c.at[n] * 0x1p-62L;

            best = fminl(
                fminl(expl(eps) * best + delta, 1 - expl(-eps) * (1 - best - delta)),
                1);
            cr_assert(c.at[n] >= c.at[n - 1]);
            cr_assert(p <= expl(eps) * last + delta + 1e-18L);
            cr_assert(1 - last <= expl(eps) * (1 - p) * (1 + 1e-15L) + delta + 1e-18L);
            cr_assert(p <= best + 1e-17L, "row %zu n %zu", i, n);
            cr_assert(p >= best - 1e-9L, "row %zu n %zu", i, n);
        }
        cr_expect(c.at[c.n - 1] == UINT64_C(1) << 62, "row %zu ends at 1", i);
    }
}

Test(selection, keeping_happens_at_its_rate)
{
    ARENA_SCOPE(a, 4 << 20);
    struct keep_curve c = curve(a, NANO / 2, ATTO / 50, 1, 1);
    struct rng *r = rng_seeded(8);

    for (uint64_t units = 0; units < 14; units += 3) {
        double p = (double)c.at[units < c.n ? units : c.n - 1] * 0x1p-62;
        double expected[2] = {1 - p, p};
        uint64_t seen[2] = {0, 0};

        for (int n = 0; n < DRAWS; n++)
            seen[keep_draw(&c, r, units)]++;
        cr_expect_gt(
            goodness_p(seen, expected, 2, DRAWS), GOODNESS_P, "%d units", (int)units);
    }
    cr_expect(!keep_draw(&c, r, 0));
    cr_expect(keep_draw(&c, r, UINT64_MAX));
    rng_free(r);
}

Test(selection, keeping_starts_at_the_owners_minimum)
{
    ARENA_SCOPE(a, 4 << 20);
    struct keep_curve c = curve(a, NANO / 2, ATTO / 50, 1, 5);
    struct keep_curve plain = curve(a, NANO / 2, ATTO / 50, 1, 1);

    cr_expect_eq(c.at[4], 0);
    cr_expect_eq(c.at[5], plain.at[1]);
    cr_expect_eq(c.at[9], plain.at[5]);
}

Test(selection, keeping_refuses_what_cannot_be_paid)
{
    static const struct {
        enum accounting acc;
        struct price p;
        uint64_t least;
        enum err err;
    } row[] = {
        {ACCOUNT_PURE, {.kind = PRICE_EPSILON, .nano = NANO, .delta_atto = 1}, 1,
            ERR_POLICY},
        {ACCOUNT_ZCDP, {.kind = PRICE_EPSILON, .nano = NANO}, 1, ERR_POLICY},
        {ACCOUNT_ZCDP, {.kind = PRICE_RHO, .nano = NANO, .delta_atto = 1}, 1,
            ERR_INVALID},
        {ACCOUNT_ZCDP, {.kind = PRICE_EPSILON, .nano = 0, .delta_atto = 1}, 1,
            ERR_INVALID},
        {ACCOUNT_ZCDP, {.kind = PRICE_EPSILON, .nano = NANO, .delta_atto = 1}, 1 << 17,
            ERR_INVALID},
    };

    for (size_t i = 0; i < ARRAY_N(row); i++) {
        struct diag d = {0};
        struct mechanism m;

        cr_expect_eq(keep_plan(&d, row[i].acc, &row[i].p, 1, row[i].least, &m),
            row[i].err, "row %zu", i);
    }
}

/* --- sparse vector ---------------------------------------------------------------- */

static double
laplace_mass(double z, double scale)
{
    return tanh(1 / (2 * scale)) * exp(-fabs(z) / scale);
}

/* P[v + noise > bar]. */
static double
above(double v, double bar, double scale)
{
    double over = bar - v + 1;

    return over >= 1 ? (double)laplace_tail(scale, over)
                     : 1 - (double)laplace_tail(scale, 1 - over);
}

/* Summed over the threshold's noise. The variants of sparse vector that are known to be
 * broken leave the queries' noise out, or the threshold's: both fail here. */
Test(selection, sparse_vector_fits_its_law)
{
    static const __int128 values[3] = {2, 9, 5};
    struct diag d = {0};
    struct price p = {.kind = PRICE_EPSILON, .nano = NANO};
    struct rng *r = rng_seeded(9);
    struct mechanism m;
    uint64_t seen[4] = {0};
    double expected[4] = {0};

    cr_assert_eq(sparse_plan(&d, ACCOUNT_PURE, &p, 1, true, 4, &m), ERR_OK);
    cr_expect_eq(m.scale_num, 2 * m.scale_den);
    for (int z = -200; z <= 200; z++) {
        double left = laplace_mass(z, 2);

        for (int i = 0; i < 3; i++) {
            double p_above = above((double)values[i], 6 + z, 2);

            expected[i] += left * p_above;
            left *= 1 - p_above;
        }
        expected[3] += left;
    }
    for (int n = 0; n < DRAWS; n++)
        seen[sparse_run(&m, r, values, 3, 6)]++;
    cr_expect_gt(goodness_p(seen, expected, 4, DRAWS), GOODNESS_P);
    rng_free(r);
}

Test(selection, sparse_vector_is_pure_epsilon)
{
    struct diag d = {0};
    struct price p = {.kind = PRICE_EPSILON, .nano = NANO};
    struct mechanism m;

    cr_assert_eq(sparse_plan(&d, ACCOUNT_PURE, &p, 3, false, 4, &m), ERR_OK);
    cr_expect_eq(m.scale_num, 12);
    cr_expect_eq(m.price.eps_nano, NANO);
    cr_expect_eq(m.price.delta_atto, 0);
    p.kind = PRICE_RHO;
    cr_expect_eq(sparse_plan(&d, ACCOUNT_ZCDP, &p, 1, true, 4, &m), ERR_INVALID);
}

Test(selection, sparse_vector_at_a_great_price_is_exact)
{
    static const __int128 values[4] = {1, 5, 6, 7};
    struct diag d = {0};
    struct price p = {.kind = PRICE_EPSILON, .nano = 1000000 * NANO};
    struct rng *r = rng_seeded(10);
    struct mechanism m;

    cr_assert_eq(sparse_plan(&d, ACCOUNT_PURE, &p, 1, true, 4, &m), ERR_OK);
    cr_expect_eq(sparse_run(&m, r, values, 4, 5), 2, "strictly above");
    cr_expect_eq(sparse_run(&m, r, values, 4, 100), 4);
    cr_expect_eq(sparse_run(&m, r, values, 0, 1), 0);
    rng_free(r);
}

/* The half-width is exceeded no more often than it says: noise of the threshold and of
 * every query lie within it together. */
Test(selection, sparse_vector_strays_as_far_as_it_says)
{
    enum {
        QUERIES = 50,
        RUNS = 20000
    };
    struct diag d = {0};
    struct price p = {.kind = PRICE_ERROR, .error = 60};
    struct rng *r = rng_seeded(11);
    struct mechanism m;
    __int128 values[QUERIES];
    int early = 0;

    cr_assert_eq(sparse_plan(&d, ACCOUNT_PURE, &p, 1, true, QUERIES, &m), ERR_OK);
    cr_expect_leq(m.error95, 60);
    cr_expect_geq(m.error95, 58);
    for (int i = 0; i < QUERIES; i++)
        values[i] = 1000 - m.error95;
    for (int n = 0; n < RUNS; n++)
        early += sparse_run(&m, r, values, QUERIES, 1000) < QUERIES;
    cr_expect_leq(early, RUNS / 20);
    cr_expect_gt(early, RUNS / 1000, "a half-width as wide as that says nothing");
    rng_free(r);
}
