/* odds_test.c -- the odds of known prices, and of the extremes. */
#include "policies/odds.h"

#include <criterion/criterion.h>
#include <math.h>

static bool
near(long double x, long double y)
{
    return fabsl(x - y) < 1e-12L;
}

Test(odds, known_prices)
{
    cr_expect(near(odds_posterior(0, 0), 0.5L));
    cr_expect(near(odds_posterior(logl(3), 0), 0.75L));
    cr_expect(near(odds_advantage(logl(3), 0), 0.5L));
    cr_expect(near(odds_posterior(logl(3), 0.1L), 3.1L / 4));
    cr_expect(near(odds_advantage(0, 0.25L), 0.25L));
}

Test(odds, stay_within_what_can_be)
{
    cr_expect(odds_posterior(1e6L, 0) == 1);
    cr_expect(odds_posterior(50, 0.5L) <= 1);
    cr_expect(odds_advantage(1, 1) <= 1);
}

Test(odds, grow_with_the_price)
{
    for (int i = 0; i < 100; i++) {
        cr_expect_lt(
            odds_posterior(0.1L * i, 1e-6L), odds_posterior(0.1L * i + 0.1L, 1e-6L));
        cr_expect_lt(odds_posterior(0.1L * i, 0), odds_posterior(0.1L * i, 1e-3L));
    }
}

/* No test of the two hypotheses beats it: the best one lies on the corner of the region
 * that epsilon and delta allow. */
Test(odds, no_allowed_test_does_better)
{
    long double eps = 0.7L, delta = 0.01L, best = odds_advantage(eps, delta);

    for (int i = 0; i <= 1000; i++) {
        long double fpr = i / 1000.0L;
        long double tpr =
            fminl(expl(eps) * fpr + delta, 1 - expl(-eps) * (1 - delta - fpr));

        cr_expect(fminl(tpr, 1) - fpr <= best + 1e-12L);
    }
}
