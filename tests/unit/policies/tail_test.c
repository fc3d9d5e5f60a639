/* tail_test.c -- widths are the least that cover, tails are never too small. */
#include "policies/tail.h"

#include <criterion/criterion.h>
#include <math.h>

static long double
laplace_outside(long double t, int w)
{
    long double q = expl(-1 / t), sum = 0;

    for (int z = 20000; z > w; z--)
        sum += 2 * (1 - q) / (1 + q) * powl(q, z);
    return sum;
}

static long double
gaussian_outside(long double sigma, int w)
{
    long double sum = 0, mass = 1;

    for (int z = 20000; z > 0; z--) {
        long double term = 2 * expl(-(long double)z * z / (2 * sigma * sigma));

        mass += term;
        sum += z > w ? term : 0;
    }
    return sum / mass;
}

Test(tail, laplace_widths_are_least)
{
    static const long double scales[] = {0.1L, 0.5L, 1, 3.3L, 10, 100};
    static const long double misses[] = {0.5L, 0.05L, 1e-6L};

    for (size_t i = 0; i < 6; i++) {
        for (size_t k = 0; k < 3; k++) {
            int w = (int)laplace_width(scales[i], misses[k]);

            cr_expect(laplace_outside(scales[i], w) <= misses[k] * (1 + 1e-12L));
            if (w > 0)
                cr_expect(laplace_outside(scales[i], w - 1) > misses[k]);
        }
    }
}

/* Least below the width from which the continuous bound is used, one too much above. */
Test(tail, gaussian_widths_are_least_or_one_more)
{
    static const long double sigmas[] = {0.1L, 0.5L, 1, 3.3L, 10, 255, 256, 300, 400};
    static const long double misses[] = {0.5L, 0.05L, 1e-6L};

    for (size_t i = 0; i < 9; i++) {
        int more = sigmas[i] < TAIL_EXACT_SIGMA ? 0 : 1;

        for (size_t k = 0; k < 3; k++) {
            int w = (int)gaussian_width(sigmas[i], misses[k]);

            cr_expect(gaussian_outside(sigmas[i], w) <= misses[k] * (1 + 1e-12L));
            if (w > more)
                cr_expect(gaussian_outside(sigmas[i], w - 1 - more) > misses[k]);
        }
    }
}

Test(tail, gaussian_tails_are_never_too_small)
{
    static const long double sigmas[] = {0.5L, 10, 255, 256, 400};

    for (size_t i = 0; i < 5; i++) {
        for (int m = 1; m < 4 * sigmas[i] + 2; m += 1 + (int)sigmas[i] / 7) {
            long double exact = gaussian_outside(sigmas[i], m - 1) / 2;

            cr_expect(gaussian_tail(sigmas[i], m) >= exact * (1 - 1e-12L));
        }
    }
}

Test(tail, widths_saturate)
{
    cr_expect_eq(laplace_width(0x1p63L, 0.05L), INT64_MAX);
    cr_expect_eq(gaussian_width(0x1p63L, 0.05L), INT64_MAX);
    cr_expect_eq(laplace_width(1e-9L, 0.05L), 0);
    cr_expect_eq(gaussian_width(1e-9L, 0.05L), 0);
}
