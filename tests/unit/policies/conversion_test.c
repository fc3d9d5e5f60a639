/* conversion_test.c -- conversions invert each other, and bounds bound. */
#include "policies/conversion.h"

#include "datasite/base/units.h"
#include "policies/renyi.h"

#include <criterion/criterion.h>
#include <math.h>

Test(conversion, zcdp_conversions_invert_each_other)
{
    static const long double rhos[] = {1e-9L, 1e-4L, 0.05L, 1, 40, 1e6L};
    static const long double deltas[] = {1e-15L, 1e-6L, 0.01L};

    for (size_t i = 0; i < 6; i++) {
        for (size_t k = 0; k < 3; k++) {
            long double eps = zcdp_eps(rhos[i], deltas[k]);

            if (eps == 0)
                continue;
            long double delta = zcdp_delta(rhos[i], eps);
            long double rho = zcdp_rho(eps, deltas[k]);

            cr_expect(fabsl(delta / deltas[k] - 1) < 1e-10L, "%Lg", delta);
            cr_expect(fabsl(rho / rhos[i] - 1) < 1e-10L, "%Lg", rho);
        }
    }
}

/* Never dearer than rho + 2 sqrt(rho ln(1/delta)), never below rho itself. */
Test(conversion, the_optimal_conversion_beats_the_basic_one)
{
    for (long double rho = 0.001L; rho < 1000; rho *= 3) {
        long double eps = zcdp_eps(rho, 1e-6L);

        cr_expect(eps <= rho + 2 * sqrtl(rho * logl(1e6L)));
        cr_expect(eps >= rho);
    }
}

/* No order of randomized response costs more than what a pure price is charged. */
Test(conversion, pure_rho_holds_at_every_order)
{
    for (long double eps = 0.01L; eps < 20; eps *= 1.7L) {
        cr_expect(pure_rho(eps) <= eps * eps / 2);
        for (long double alpha = 1.00001L; alpha < 1000; alpha *= 1.3L) {
            cr_expect(renyi_pure(eps, alpha) / alpha <= pure_rho(eps) * (1 + 1e-12L),
                "eps %Lg alpha %Lg", eps, alpha);
        }
    }
}

Test(conversion, discrete_laplace_rho_is_convex_and_near_the_continuous_one)
{
    for (long double x = 0.01L; x < 5; x *= 2) {
        long double last = 0;

        for (int shift = 1; shift < 50; shift++) {
            long double step =
                discrete_laplace_rho(x, shift) - discrete_laplace_rho(x, shift - 1);

            cr_expect(step >= last - 1e-16L);
            last = step;
        }
    }
    cr_expect(fabsl(discrete_laplace_rho(1e-6L, 1000000) - laplace_rho(1)) < 1e-6L);
    cr_expect(fabsl(discrete_laplace_rho(1, 1) - pure_rho(1)) < 1e-15L);
}

Test(conversion, gaussian_forms_invert_each_other)
{
    static const long double deltas[] = {1e-12L, 1e-5L, 0.1L};

    for (size_t k = 0; k < 3; k++) {
        for (long double eps = 0.1L; eps < 20; eps *= 2) {
            long double sigma = gaussian_sigma(eps, deltas[k], 1);

            cr_expect(fabsl(gaussian_delta(sigma, eps, 1) / deltas[k] - 1) < 1e-9L);
            cr_expect(fabsl(gaussian_eps(sigma, deltas[k], 1) / eps - 1) < 1e-9L);
        }
    }
}

Test(conversion, prices_round_up_and_saturate)
{
    cr_expect_eq(price_up(0, 0), 0);
    cr_expect_eq(price_up(1e-10L, 0), 1);
    cr_expect_eq(price_up(0.4999999999L, 0), 500000000);
    cr_expect_eq(price_up(1, 1e-12L), NANO + 1);
    cr_expect_eq(price_up(1e30L, 0), INT64_C(1) << 62);
    cr_expect_eq(price_up(INFINITY, 0), INT64_C(1) << 62);
    cr_expect_eq(price_up((long double)NAN, 0), INT64_C(1) << 62);
}
