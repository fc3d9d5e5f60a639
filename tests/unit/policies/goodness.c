/* goodness.c -- Pearson's chi-square and its tail. */
#include "tests/unit/policies/goodness.h"

#include <math.h>

/* Q(a, x) by the series of P where x is small, by Lentz's continued fraction else. */
static double
gamma_q_series(double a, double x)
{
    double term = 1 / a, sum = term;

    for (int k = 1; k < 100000 && term > sum * 1e-17; k++) {
        term *= x / (a + k);
        sum += term;
    }
    return 1 - sum * exp(-x + a * log(x) - lgamma(a));
}

static double
gamma_q_fraction(double a, double x)
{
    double b = x + 1 - a, c = 1e300, d = 1 / b, h = d;

    for (int i = 1; i < 100000; i++) {
        double an = -i * (i - a);

        b += 2;
        d = 1 / (an * d + b);
        c = b + an / c;
        h *= c * d;
        if (fabs(c * d - 1) < 1e-15)
            break;
    }
    return exp(-x + a * log(x) - lgamma(a)) * h;
}

double
chi_square_above(double x, size_t degrees)
{
    double a = (double)degrees / 2;

    if (x <= 0)
        return 1;
    return x / 2 < a + 1 ? gamma_q_series(a, x / 2) : gamma_q_fraction(a, x / 2);
}

double
goodness_p(const uint64_t *seen, const double *expected, size_t n, uint64_t total)
{
    double x = 0, hits = 0, wanted = 0;
    size_t bins = 0;

    for (size_t i = 0; i < n; i++) {
        hits += (double)seen[i];
        wanted += expected[i] * (double)total;
        if (wanted < 10 && i + 1 < n)
            continue;
        if (wanted > 0)
            x += (hits - wanted) * (hits - wanted) / wanted;
        else if (hits > 0)
            return 0;
        hits = wanted = 0;
        bins++;
    }
    return bins < 2 ? 1 : chi_square_above(x, bins - 1);
}
