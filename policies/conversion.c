/* conversion.c -- between epsilon, (epsilon, delta) and zCDP's rho; tight constants. */
#include "policies/conversion.h"

#include "datasite/base/units.h"

#include <math.h>

#define STEPS 200 /* each halves or shrinks by 0.62: past 64 bits of mantissa */

/* The smallest x in [lo, hi] where f falls to at most want; f must fall with x. */
static long double
bisect_falling(long double (*f)(long double x, const long double *with),
    const long double *with, long double want, long double lo, long double hi)
{
    for (int i = 0; i < STEPS && lo < hi; i++) {
        long double mid = lo + (hi - lo) / 2;

        if (f(mid, with) <= want) {
            hi = mid;
        } else {
            lo = mid;
        }
    }
    return hi;
}

/* Least value of a quasi-convex f over [lo, hi], by golden section. */
static long double
golden_min(long double (*f)(long double u, const long double *with),
    const long double *with, long double lo, long double hi)
{
    const long double ratio = 0.61803398874989484820L;
    long double a = hi - ratio * (hi - lo);
    long double b = lo + ratio * (hi - lo);
    long double fa = f(a, with);
    long double fb = f(b, with);

    for (int i = 0; i < STEPS; i++) {
        if (fa <= fb) {
            hi = b, b = a, fb = fa;
            a = hi - ratio * (hi - lo);
            fa = f(a, with);
        } else {
            lo = a, a = b, fa = fb;
            b = lo + ratio * (hi - lo);
            fb = f(b, with);
        }
    }
    return fminl(fa, fb);
}

/* ln(1 - 1/alpha) where alpha = 1 + w. */
static long double
log_part(long double w)
{
    return -log1pl(1 / w);
}

/* Prop. 12 solved for epsilon, at alpha = 1 + exp(u); with = { rho, ln delta }. */
static long double
eps_at(long double u, const long double *with)
{
    long double w = expl(u);

    return (1 + w) * with[0] + log_part(w) - (log1pl(w) + with[1]) / w;
}

long double
zcdp_eps(long double rho, long double delta)
{
    const long double with[2] = {rho, logl(delta)};

    if (rho <= 0)
        return 0;
    return fmaxl(0, golden_min(eps_at, with, -50, 50));
}

/* ln delta of Prop. 12, at alpha = 1 + exp(u); with = { rho, eps }. */
static long double
log_delta_at(long double u, const long double *with)
{
    long double w = expl(u);

    return w * ((1 + w) * with[0] - with[1]) + (1 + w) * log_part(w) - u;
}

long double
zcdp_delta(long double rho, long double eps)
{
    const long double with[2] = {rho, eps};

    if (rho <= 0)
        return 0;
    return expl(fminl(0, golden_min(log_delta_at, with, -50, 50)));
}

/* Falls with x = -rho. */
static long double
eps_of_negative_rho(long double x, const long double *with)
{
    return zcdp_eps(-x, with[0]);
}

long double
zcdp_rho(long double eps, long double delta)
{
    long double hi = 1;

    while (zcdp_eps(hi, delta) <= eps)
        hi *= 2;
    return -bisect_falling(eps_of_negative_rho, &delta, eps, -hi, 0);
}

long double
pure_rho(long double eps)
{
#ifdef MUTANT_RHO_QUARTER
    return eps * eps / 4;
#endif
    return fminl(eps * tanhl(eps / 2), eps * eps / 2);
}

long double
laplace_rho(long double eps)
{
    return eps + expm1l(-eps);
}

long double
discrete_laplace_rho(long double x, long double shift)
{
    return x * (shift + expm1l(-x * shift) / sinhl(x));
}

/* Upper tail of the standard normal, and its logarithm where it would underflow. */
static long double
normal_above(long double x)
{
    return erfcl(x * M_SQRT1_2f64x) / 2;
}

static long double
log_normal_above(long double x)
{
    if (x < 100)
        return logl(normal_above(x));
    return -x * x / 2 - logl(x) - 0.91893853320467274178L - 1 / (x * x);
}

long double
gaussian_delta(long double sigma, long double eps, long double l2)
{
    long double half = l2 / (2 * sigma);
    long double move = eps * sigma / l2;

    return normal_above(move - half) - expl(eps + log_normal_above(move + half));
}

static long double
delta_of_eps(long double eps, const long double *with)
{
    return gaussian_delta(with[0], eps, with[1]);
}

static long double
delta_of_sigma(long double sigma, const long double *with)
{
    return gaussian_delta(sigma, with[0], with[1]);
}

long double
gaussian_eps(long double sigma, long double delta, long double l2)
{
    const long double with[2] = {sigma, l2};
    long double hi = 1;

    while (gaussian_delta(sigma, hi, l2) > delta)
        hi *= 2;
    return bisect_falling(delta_of_eps, with, delta, 0, hi);
}

long double
gaussian_sigma(long double eps, long double delta, long double l2)
{
    const long double with[2] = {eps, l2};
    long double lo = l2;
    long double hi = l2;

    while (gaussian_delta(hi, eps, l2) > delta)
        hi *= 2;
    while (gaussian_delta(lo, eps, l2) <= delta)
        lo /= 2;
    return bisect_falling(delta_of_sigma, with, delta, lo, hi);
}

int64_t
price_up(long double x, long double error)
{
    long double nano = ceill((x + error) * (1 + 0x1p-60L) * (long double)NANO);

    if (!(nano < 0x1p62L))
        return INT64_C(1) << 62;
    return nano < 0 ? 0 : (int64_t)nano;
}
