/* tail.c -- how far noise strays: tails and half-widths of the discrete laws. */
#include "policies/tail.h"

#include <math.h>

long double
laplace_tail(long double t, long double m)
{
    return expl(-m / t - log1pl(expl(-1 / t)));
}

/* Poisson summation for wide noise; term by term where few terms count. */
long double
gaussian_mass(long double sigma)
{
    if (sigma >= 1) {
        long double pi = acosl(-1);

        return sigma * sqrtl(2 * pi) * (1 + 2 * expl(-2 * pi * pi * sigma * sigma));
    }
    long double sum = 0;

    for (int k = 12; k >= 1; k--)
        sum += expl(-(long double)k * k / (2 * sigma * sigma));
    return 1 + 2 * sum;
}

/* The series from m on; forty deviations on, the rest is below 2^-1000 of it. */
static long double
gaussian_series(long double sigma, long double m)
{
    long double sum = 0;

    for (int i = 0; i < (int)(40 * sigma) + 2; i++) {
        long double k = m + i;

        sum += expl(-k * k / (2 * sigma * sigma));
    }
    return sum / gaussian_mass(sigma);
}

long double
gaussian_tail(long double sigma, long double m)
{
    if (sigma < TAIL_EXACT_SIGMA)
        return gaussian_series(sigma, m);
    return erfcl((m - 1) / sigma * M_SQRT1_2f64x) / 2;
}

/* The integer at or above w, kept in range. */
static int64_t
width_up(long double w)
{
    w = ceill(w);
    if (!(w < 0x1p63L))
        return INT64_MAX;
    return w < 0 ? 0 : (int64_t)w;
}

/* 2 q^(w+1) / (1 + q) <= miss, solved for w; widened by what rounding may take away. */
int64_t
laplace_width(long double t, long double miss)
{
    long double w = t * (logl(2 / miss) - log1pl(expl(-1 / t)));

    return width_up(w * (1 + 0x1p-58L) - 1);
}

/* x with P[N > x] = tail for a standard normal, rounded up by less than 2^-50. */
static long double
normal_quantile_above(long double tail)
{
    long double lo = 0;
    long double hi = 40;

    for (int i = 0; i < 60; i++) {
        long double mid = lo + (hi - lo) / 2;

        if (erfcl(mid * M_SQRT1_2f64x) / 2 <= tail) {
            hi = mid;
        } else {
            lo = mid;
        }
    }
    return hi;
}

int64_t
gaussian_width(long double sigma, long double miss)
{
    if (sigma >= TAIL_EXACT_SIGMA)
        return width_up(sigma * normal_quantile_above(miss / 2));
    long double mass = gaussian_mass(sigma);
    long double inside = 1;
    long double w = 0;

    while (1 - inside / mass > miss && w < 40 * TAIL_EXACT_SIGMA) {
        w++;
        inside += 2 * expl(-w * w / (2 * sigma * sigma));
    }
    return width_up(w);
}
