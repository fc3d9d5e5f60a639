/* mechanism_test.c -- noise is never less than its price says. */
#include "policies/mechanism.h"

#include <criterion/criterion.h>
#include <math.h>

typedef unsigned __int128 u128;

static const struct sensitivity one = {.l1 = 1, .l2sq = 1, .linf = 1};

static enum err
plan(enum accounting acc, enum price_kind kind, int64_t amount,
    const struct sensitivity *s, struct mechanism *out)
{
    struct diag d = {0};
    struct price p = {.kind = kind, .nano = amount, .error = amount};

    return mechanism_plan(&d, acc, &p, s, out);
}

Test(mechanism, a_tenth_is_a_scale_of_ten)
{
    struct mechanism m;

    cr_assert_eq(plan(ACCOUNT_PURE, PRICE_EPSILON, NANO / 10, &one, &m), ERR_OK);
    cr_expect_eq(m.kind, MECH_DISCRETE_LAPLACE);
    cr_expect_eq(m.scale_num, 10);
    cr_expect_eq(m.scale_den, 1);
    cr_expect_eq(m.price.eps_nano, NANO / 10);
    cr_expect_eq(m.price.delta_atto, 0);
    /* q^(w+1) 2 / (1 + q) <= 0.05 at q = e^-0.1, by hand */
    cr_expect_eq(m.error95, 30);
}

/* scale >= l1 / epsilon for any l1 and price, by cross-multiplication; and hardly more.
 * OpenDP's rationals came from a library whose division was wrong (dashu issue 57):
 * here no division is trusted. */
Test(mechanism, laplace_scale_is_enough_for_any_price)
{
    struct rng *r = rng_seeded(1);

    for (int i = 0; i < 20000; i++) {
        u128 l1 = ((u128)1 << rng_below(r, 80)) + rng_below(r, 1000);
        int64_t eps = 1 + (int64_t)rng_below(r, UINT64_C(1) << (1 + rng_below(r, 59)));
        struct sensitivity s = {.l1 = l1, .l2sq = 1, .linf = 1};
        struct mechanism m;

        if (plan(ACCOUNT_PURE, PRICE_EPSILON, eps, &s, &m) != ERR_OK) {
            cr_assert(
                l1 * NANO / (u128)eps >> 61 != 0, "only a scale past 2^61 is refused");
            continue;
        }
        long double want = (long double)l1 * 1e9L / (long double)eps;
        long double have = (long double)m.scale_num / (long double)m.scale_den;

        cr_assert(have >= want * (1 - 0x1p-62L) && have <= want * (1 + 0x1p-59L));
        if (m.scale_num >> 40 == 0 && l1 >> 50 == 0)
            cr_assert((u128)m.scale_num * (u128)eps >= l1 * NANO * m.scale_den);
    }
    rng_free(r);
}

/* sigma^2 >= l2sq / (2 rho), in integers. */
Test(mechanism, gaussian_sigma_is_enough_for_any_price)
{
    struct rng *r = rng_seeded(2);

    for (int i = 0; i < 20000; i++) {
        u128 l2sq = 1 + (u128)rng_below(r, UINT64_C(1) << (1 + rng_below(r, 40)));
        int64_t rho = 1 + (int64_t)rng_below(r, UINT64_C(1) << (1 + rng_below(r, 59)));
        struct sensitivity s = {.l1 = l2sq, .l2sq = l2sq, .linf = 1};
        struct mechanism m;

        cr_assert_eq(plan(ACCOUNT_ZCDP, PRICE_RHO, rho, &s, &m), ERR_OK);
        long double sigma = mechanism_scale(&m);
        long double cost = (long double)l2sq / (2 * sigma * sigma) * 1e9L;

        cr_assert(cost <= (long double)rho * (1 + 0x1p-60L), "%Lg of %lld", cost,
            (long long)rho);
        cr_assert(cost >= (long double)rho * (1 - 0x1p-28L));
        cr_assert_eq(m.price.rho_nano, rho);
        cr_assert_eq(m.price.eps_nano, EPS_NONE);
    }
    rng_free(r);
}

/* Renyi divergence over alpha of the worst neighbour, by its series: no order may
 * exceed the price. Qrlew's defaults "are underestimating the bounds"; ours must
 * not. */
static long double
renyi_over_alpha(long double t, int shift, long double alpha)
{
    long double q = expl(-1 / t), log_mass = logl((1 - q) / (1 + q)), sum = 0;
    int reach = (int)(60 * t) + 60 + 2 * shift;

    for (int z = -reach; z <= reach; z++) {
        long double at = -fabsl((long double)z) / t,
                    by = -fabsl((long double)(z - shift)) / t;

        sum += expl(log_mass + alpha * at + (1 - alpha) * by);
    }
    return logl(sum) / (alpha - 1) / alpha;
}

Test(mechanism, laplace_rho_holds_at_every_order)
{
    static const long double orders[] = {1.0001L, 1.5L, 2, 3, 8, 32, 200};
    static const int64_t prices[] = {NANO / 20, NANO / 10, NANO / 2, NANO, 3 * NANO};

    for (size_t i = 0; i < sizeof prices / sizeof prices[0]; i++) {
        for (unsigned shift = 1; shift <= 5; shift += 2) {
            struct sensitivity s = {.l1 = shift, .l2sq = shift * shift, .linf = shift};
            struct mechanism m;

            cr_assert_eq(plan(ACCOUNT_ZCDP, PRICE_EPSILON, prices[i], &s, &m), ERR_OK);
            for (size_t k = 0; k < sizeof orders / sizeof orders[0]; k++) {
                long double cost =
                    renyi_over_alpha(mechanism_scale(&m), (int)shift, orders[k]);

                cr_assert(cost <= (long double)m.price.rho_nano / 1e9L,
                    "eps %lld shift %u order %Lg: %.12Lg > %lld", (long long)prices[i],
                    shift, orders[k], cost, (long long)m.price.rho_nano);
            }
        }
    }
}

/* Tight for one coordinate and for many; never above epsilon squared over two. */
Test(mechanism, laplace_rho_is_tight)
{
    struct sensitivity many = {.l1 = 4, .l2sq = 4, .linf = 1};
    struct sensitivity wide = {.l1 = 4, .l2sq = 16, .linf = 4};
    struct mechanism m, n;

    cr_assert_eq(plan(ACCOUNT_ZCDP, PRICE_EPSILON, NANO, &one, &m), ERR_OK);
    cr_expect_eq(m.price.rho_nano, 462117158, "tanh(1/2), rounded up");
    cr_assert_eq(plan(ACCOUNT_ZCDP, PRICE_EPSILON, NANO, &many, &m), ERR_OK);
    cr_assert_eq(plan(ACCOUNT_ZCDP, PRICE_EPSILON, NANO, &wide, &n), ERR_OK);
    cr_expect_lt(m.price.rho_nano, n.price.rho_nano, "spread out is cheaper");
    cr_expect_lt(n.price.rho_nano, NANO / 2);
}

Test(mechanism, prices_out_of_range_are_refused)
{
    static const struct {
        enum accounting acc;
        enum price_kind kind;
        int64_t amount;
        enum err want;
    } row[] = {
        {ACCOUNT_PURE, PRICE_EPSILON, 0, ERR_INVALID},
        {ACCOUNT_PURE, PRICE_EPSILON, -1, ERR_INVALID},
        {ACCOUNT_PURE, PRICE_EPSILON, PRICE_NANO_MAX + 1, ERR_INVALID},
        {ACCOUNT_PURE, PRICE_ERROR, 0, ERR_INVALID},
        {ACCOUNT_PURE, PRICE_RHO, NANO, ERR_POLICY},
        {ACCOUNT_ZCDP, PRICE_RHO, INT64_MIN, ERR_INVALID},
        {ACCOUNT_PURE, PRICE_EPSILON, 1, ERR_OK},
        {ACCOUNT_ZCDP, PRICE_RHO, 1, ERR_OK},
        {ACCOUNT_ZCDP, PRICE_RHO, PRICE_NANO_MAX, ERR_OK},
    };
    struct mechanism m;

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
        cr_expect_eq(plan(row[i].acc, row[i].kind, row[i].amount, &one, &m),
            row[i].want, "row %zu", i);
}

Test(mechanism, a_delta_without_a_threshold_is_refused)
{
    struct diag d = {0};
    struct price p = {.kind = PRICE_EPSILON, .nano = NANO, .delta_atto = 1};
    struct mechanism m;

    cr_expect_eq(mechanism_plan(&d, ACCOUNT_ZCDP, &p, &one, &m), ERR_INVALID);
}

Test(mechanism, sensitivities_out_of_range_are_refused)
{
    struct sensitivity saturated = {.l1 = 8, .l2sq = ~(u128)0, .linf = 8};
    struct sensitivity huge = {.l1 = (u128)1 << 100, .l2sq = 1, .linf = 1};
    struct sensitivity wide = {.l1 = (u128)1 << 89, .l2sq = 1, .linf = 1};
    struct sensitivity partial = {.l1 = 8};
    struct mechanism m;

    cr_expect_eq(plan(ACCOUNT_ZCDP, PRICE_RHO, NANO, &saturated, &m), ERR_INVALID);
    cr_expect_eq(plan(ACCOUNT_ZCDP, PRICE_EPSILON, NANO, &huge, &m), ERR_INVALID);
    cr_expect_eq(plan(ACCOUNT_ZCDP, PRICE_EPSILON, NANO, &wide, &m), ERR_INVALID);
    cr_expect_eq(plan(ACCOUNT_ZCDP, PRICE_EPSILON, NANO, &partial, &m), ERR_INTERNAL);
}

/* A question whose answer cannot change has the noise and price of one that can. */
Test(mechanism, no_sensitivity_is_that_of_one)
{
    struct sensitivity none = {0};
    struct mechanism m, n;

    cr_assert_eq(plan(ACCOUNT_ZCDP, PRICE_EPSILON, NANO, &none, &m), ERR_OK);
    cr_assert_eq(plan(ACCOUNT_ZCDP, PRICE_EPSILON, NANO, &one, &n), ERR_OK);
    cr_expect_arr_eq(&m, &n, sizeof m);
}

/* The price of an error reaches it, and a nano less does not. */
Test(mechanism, an_error_gets_its_least_price)
{
    static const int64_t errors[] = {1, 2, 10, 100, 12345, 1000000000};
    struct mechanism m, less;

    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        cr_assert_eq(plan(ACCOUNT_PURE, PRICE_ERROR, errors[i], &one, &m), ERR_OK);
        cr_expect_leq(m.error95, errors[i]);
        cr_expect_eq(m.kind, MECH_DISCRETE_LAPLACE);
        if (m.price.eps_nano > 1) {
            cr_assert_eq(
                plan(ACCOUNT_PURE, PRICE_EPSILON, m.price.eps_nano - 1, &one, &less),
                ERR_OK);
            cr_expect_gt(less.error95, errors[i], "error %lld", (long long)errors[i]);
        }
    }
}

/* Under zCDP a long vector is cheaper with Gaussian noise, one coordinate too once its
 * noise is wide. */
Test(mechanism, an_error_takes_the_cheaper_noise)
{
    struct sensitivity vector = {.l1 = 20, .l2sq = 20, .linf = 1};
    struct mechanism m;

    cr_assert_eq(plan(ACCOUNT_ZCDP, PRICE_ERROR, 50, &vector, &m), ERR_OK);
    cr_expect_eq(m.kind, MECH_DISCRETE_GAUSSIAN);
    cr_expect_leq(m.error95, 50);
    cr_assert_eq(plan(ACCOUNT_PURE, PRICE_ERROR, 50, &vector, &m), ERR_OK);
    cr_expect_eq(m.kind, MECH_DISCRETE_LAPLACE);
}

Test(mechanism, a_great_price_gives_the_truth)
{
    static const __int128 truth[] = {0, -5, 1234567890123, INT64_MAX, INT64_MIN};
    struct rng *r = rng_seeded(3);
    struct mechanism m;
    int64_t noisy[5];

    cr_assert_eq(plan(ACCOUNT_PURE, PRICE_EPSILON, 1000000 * NANO, &one, &m), ERR_OK);
    cr_expect_eq(m.error95, 0);
    mechanism_run(&m, r, truth, 5, noisy);
    for (int i = 0; i < 5; i++)
        cr_expect_eq(noisy[i], (int64_t)truth[i]);
    cr_assert_eq(plan(ACCOUNT_ZCDP, PRICE_RHO, 1000000 * NANO, &one, &m), ERR_OK);
    cr_expect_eq(m.error95, 0);
    mechanism_run(&m, r, truth, 5, noisy);
    for (int i = 0; i < 5; i++)
        cr_expect_eq(noisy[i], (int64_t)truth[i]);
    rng_free(r);
}

Test(mechanism, answers_saturate)
{
    const __int128 far = (__int128)1 << 120;

    cr_expect_eq(mechanism_saturate(far, -1), INT64_MAX);
    cr_expect_eq(mechanism_saturate(-far, 1), INT64_MIN);
    cr_expect_eq(mechanism_saturate(INT64_MAX, 1), INT64_MAX);
    cr_expect_eq(mechanism_saturate(INT64_MIN, -1), INT64_MIN);
    cr_expect_eq(mechanism_saturate((__int128)INT64_MAX + 1, -1), INT64_MAX);
    cr_expect_eq(mechanism_saturate((__int128)(~(u128)0 >> 1), far), INT64_MAX);
}

/* Tumult adds float noise to a float value, and diffprivlib and SmartNoise did: the low
 * bits of the answer then tell the value apart. Noise here is the same integer whatever
 * it is added to. */
Test(mechanism, noise_does_not_depend_on_the_value)
{
    static const __int128 values[] = {
        0, 1, (__int128)1 << 53, ((__int128)1 << 53) + 1, -((__int128)1 << 61)};
    struct mechanism m;

    cr_assert_eq(plan(ACCOUNT_ZCDP, PRICE_RHO, NANO / 200, &one, &m), ERR_OK);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct rng *r = rng_seeded(4), *same = rng_seeded(4);

        for (int n = 0; n < 1000; n++) {
            __int128 zero = 0;
            int64_t noisy, noise;

            mechanism_run(&m, r, &values[i], 1, &noisy);
            mechanism_run(&m, same, &zero, 1, &noise);
            cr_assert_eq(noisy - (int64_t)values[i], noise);
        }
        rng_free(r);
        rng_free(same);
    }
}

/* Two coordinates get two draws: their difference has twice the variance, not none. */
Test(mechanism, coordinates_have_their_own_noise)
{
    const __int128 truth[2] = {0, 0};
    struct rng *r = rng_seeded(5);
    struct mechanism m;
    int equal = 0;

    cr_assert_eq(plan(ACCOUNT_PURE, PRICE_EPSILON, NANO / 100, &one, &m), ERR_OK);
    for (int n = 0; n < 1000; n++) {
        int64_t noisy[2];

        mechanism_run(&m, r, truth, 2, noisy);
        equal += noisy[0] == noisy[1];
    }
    cr_expect_lt(equal, 50);
    rng_free(r);
}

/* error95 holds on draws, and is not needlessly wide. */
Test(mechanism, error95_covers_95_of_100)
{
    static const struct {
        enum price_kind kind;
        int64_t nano;
    } row[] = {
        {PRICE_EPSILON, NANO},
        {PRICE_EPSILON, NANO / 100},
        {PRICE_RHO, NANO},
        {PRICE_RHO, NANO / 1000},
        {PRICE_RHO, 1000},
    };
    struct rng *r = rng_seeded(6);

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct mechanism m;
        int within = 0, below = 0;

        cr_assert_eq(plan(ACCOUNT_ZCDP, row[i].kind, row[i].nano, &one, &m), ERR_OK);
        for (int n = 0; n < 100000; n++) {
            __int128 z = mechanism_draw(&m, r);

            within += z <= m.error95 && z >= -m.error95;
            below += z < m.error95 && z > -m.error95;
        }
        cr_expect_gt(within, 94700, "row %zu", i);
        cr_expect_lt(below, 95300, "row %zu", i);
    }
    rng_free(r);
}

Test(mechanism, every_kind_has_a_name)
{
    for (int m = MECH_DISCRETE_LAPLACE; m <= MECH_SPARSE_VECTOR; m++)
        cr_expect_not_null(mech_name((enum mech)m));
    cr_expect_str_eq(mech_name(MECH_DISCRETE_GAUSSIAN), "discrete_gaussian");
}
