/* noise_test.c -- the samplers against the exact laws, and where integers end. */
#include "policies/noise.h"

#include "tests/unit/policies/goodness.h"

#include <criterion/criterion.h>
#include <math.h>

#define DRAWS 300000
#define REACH 4000 /* bins on each side; further draws fall into the last */

struct histogram {
    uint64_t seen[2 * REACH + 1];
    double expected[2 * REACH + 1];
};

static void
seen_add(struct histogram *h, __int128 z)
{
    if (z > REACH)
        z = REACH;
    if (z < -REACH)
        z = -REACH;
    h->seen[REACH + (int)z]++;
}

/* Fills expected from weights by |z|; the outermost bins take the tails. */
static void
expected_from(struct histogram *h,
    long double (*weight)(long double z, long double scale), long double scale)
{
    static const int far = 20 * REACH;
    long double mass = weight(0, scale), tail = 0;

    for (int z = far; z > 0; z--) {
        mass += 2 * weight(z, scale);
        tail += z >= REACH ? weight(z, scale) : 0;
    }
    for (int z = -REACH; z <= REACH; z++)
        h->expected[REACH + z] =
            (double)((abs(z) == REACH ? tail : weight(abs(z), scale)) / mass);
}

static long double
laplace_weight(long double z, long double scale)
{
    return expl(-z / scale);
}

static long double
gaussian_weight(long double z, long double scale)
{
    return expl(-z * z / (2 * scale * scale));
}

Test(noise, laplace_fits_its_law)
{
    static const struct {
        uint64_t num, den;
    } row[] = {
        {1, 1},
        {1, 2},
        {10, 1},
        {7, 3},
        {1000, 1},
        {1000000007, 123456789},
        {(UINT64_C(1) << 62) + 1, (UINT64_C(1) << 60) - 1},
        {3, 50},
    };
    struct rng *r = rng_seeded(1);

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct histogram *h = calloc(1, sizeof *h);

        for (int n = 0; n < DRAWS; n++)
            seen_add(h, noise_discrete_laplace(r, row[i].num, row[i].den));
        expected_from(
            h, laplace_weight, (long double)row[i].num / (long double)row[i].den);
        double p = goodness_p(h->seen, h->expected, 2 * REACH + 1, DRAWS);

        cr_expect_gt(p, GOODNESS_P, "scale %llu/%llu: p = %g",
            (unsigned long long)row[i].num, (unsigned long long)row[i].den, p);
        free(h);
    }
    rng_free(r);
}

Test(noise, gaussian_fits_its_law)
{
    static const struct {
        uint64_t a;
        unsigned f;
    } row[] = {
        {1, 0},
        {10, 0},
        {5, 1},
        {1u << 30, 30},
        {1234567891, 27},
        {300, 0},
        {3, 3},
        {(UINT64_C(1) << 54) - 1, 47},
    };
    struct rng *r = rng_seeded(2);

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct histogram *h = calloc(1, sizeof *h);

        for (int n = 0; n < DRAWS; n++)
            seen_add(h, noise_discrete_gaussian(r, row[i].a, row[i].f));
        expected_from(
            h, gaussian_weight, ldexpl((long double)row[i].a, -(int)row[i].f));
        double p = goodness_p(h->seen, h->expected, 2 * REACH + 1, DRAWS);

        cr_expect_gt(p, GOODNESS_P, "sigma %llu/2^%u: p = %g",
            (unsigned long long)row[i].a, row[i].f, p);
        free(h);
    }
    rng_free(r);
}

/* A test that cannot fail proves nothing: noise of a slightly wrong scale is
 * refused. */
Test(noise, the_audit_refuses_a_wrong_scale)
{
    struct rng *r = rng_seeded(3);
    struct histogram *h = calloc(1, sizeof *h);

    for (int n = 0; n < DRAWS; n++)
        seen_add(h, noise_discrete_laplace(r, 10, 1));
    expected_from(h, laplace_weight, 10.2L);
    cr_expect_lt(goodness_p(h->seen, h->expected, 2 * REACH + 1, DRAWS), GOODNESS_P);
    free(h);
    rng_free(r);
}

Test(noise, exponential_coins)
{
    static const struct {
        unsigned long long n, d;
    } row[] = {
        {0, 1},
        {1, 1},
        {1, 3},
        {5, 2},
        {1ull << 62, 1ull << 63},
        {7, 1},
    };
    struct rng *r = rng_seeded(4);

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        uint64_t seen[2] = {0, 0};
        double p = exp(-(double)row[i].n / (double)row[i].d);
        double expected[2] = {1 - p, p};

        for (int n = 0; n < DRAWS; n++)
            seen[noise_bernoulli_exp(r, row[i].n, row[i].d)]++;
        cr_expect_gt(goodness_p(seen, expected, 2, DRAWS), GOODNESS_P, "row %zu", i);
    }
    rng_free(r);
}

/* Denominators past 64 bits take another path with the same law. */
Test(noise, exponential_coins_of_128_bits)
{
    unsigned __int128 d = (unsigned __int128)1 << 109;
    struct rng *r = rng_seeded(5);
    uint64_t seen[2] = {0, 0};
    double expected[2] = {1 - exp(-1.5), exp(-1.5)};

    for (int n = 0; n < DRAWS; n++)
        seen[noise_bernoulli_exp(r, d + d / 2, d)]++;
    cr_expect_gt(goodness_p(seen, expected, 2, DRAWS), GOODNESS_P);
    rng_free(r);
}

/* Scales below one millionth: the noise of a price that wants exact answers. */
Test(noise, tiny_scales_draw_zero)
{
    struct rng *r = rng_seeded(6);

    for (int n = 0; n < 10000; n++) {
        cr_assert_eq((int64_t)noise_discrete_laplace(r, 1, 1000000), 0);
        cr_assert_eq((int64_t)noise_discrete_gaussian(r, 1u << 30, 40), 0);
    }
    rng_free(r);
}

Test(noise, greatest_scales_stay_within_their_integers)
{
    uint64_t most = (UINT64_C(1) << 63) - 1;
    struct rng *r = rng_seeded(7);
    bool far = false;

    for (int n = 0; n < 10000; n++) {
        __int128 z = noise_discrete_laplace(r, most, 1);

        far = far || z > INT64_MAX || z < INT64_MIN;
        (void)noise_discrete_laplace(r, most, most - 1);
        (void)noise_discrete_gaussian(r, UINT64_C(1) << 54, 0);
        (void)noise_discrete_gaussian(r, 1, 62);
    }
    cr_expect(far, "a scale of 2^63 strays past 64 bits at times");
    rng_free(r);
}
