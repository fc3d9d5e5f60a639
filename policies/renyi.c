/* renyi.c -- Renyi divergences of order alpha, and what they say of epsilon. */
#include "policies/renyi.h"

#include <math.h>
#include <stdint.h>

/* ln(e^a + e^b). Sums are kept as logarithms: orders of hundreds overflow else. */
static long double
log_add(long double a, long double b)
{
    long double most = fmaxl(a, b);

    return most == -INFINITY ? most : most + log1pl(expl(fminl(a, b) - most));
}

/* Logarithm of one term of sum p^alpha q^(1-alpha). */
static long double
log_term(long double p, long double q, long double alpha)
{
    return alpha * logl(p) + (1 - alpha) * logl(q);
}

long double
renyi_laplace(long double eps, long double alpha)
{
    if (alpha == 1)
        return eps + expm1l(-eps);
    long double up = logl(alpha / (2 * alpha - 1)) + (alpha - 1) * eps;
    long double down = logl((alpha - 1) / (2 * alpha - 1)) - alpha * eps;

    return log_add(up, down) / (alpha - 1);
}

long double
renyi_pure(long double eps, long double alpha)
{
    long double p = -log1pl(expl(-eps)), q = p - eps; /* logarithms */

    if (alpha == 1)
        return eps * tanhl(eps / 2);
    return log_add(alpha * p + (1 - alpha) * q, alpha * q + (1 - alpha) * p) /
        (alpha - 1);
}

/* The greatest KL divergence of bounded range eps, and an eighth of eps^2 for every
 * order above (Cesar & Rogers 2021). */
long double
renyi_bounded_range(long double eps, long double alpha)
{
    long double x = eps / expm1l(eps);
    long double kl = x - 1 - logl(x);

    return fminl(kl + (alpha - 1) * eps * eps / 8, alpha * eps * eps / 8);
}

/* Whole orders: the binomial sum, in logarithms. */
static long double
sampled_whole(long double q, long double sigma, long double alpha)
{
    long double sum = -INFINITY;

    for (int i = 0; i <= (int)alpha; i++) {
        long double k = i;
        long double choose =
            lgammal(alpha + 1) - lgammal(k + 1) - lgammal(alpha - k + 1);
        long double sampled = k > 0 ? k * logl(q) : 0;
        long double not_sampled = alpha > k ? (alpha - k) * log1pl(-q) : 0;

        sum = log_add(
            sum, choose + sampled + not_sampled + k * (k - 1) / (2 * sigma * sigma));
    }
    return sum / (alpha - 1);
}

/* Any order: quadrature of the mean of (1 - q + q exp((2x - 1) / (2
 * sigma^2)))^alpha. An even grid of a smooth integrand that dies at both ends
 * converges past long double. dp_accounting sums absolute binomial terms here and
 * reports 3 to 6 % too much. */
static long double
sampled_any(long double q, long double sigma, long double alpha)
{
    long double step = sigma / 64, end = alpha + 40 * sigma, sum = -INFINITY;
    long double norm = logl(step / sigma) - 0.91893853320467274178L;

    for (int64_t i = 0; - 40 * sigma + (long double)i * step <= end; i++) {
        long double x = -40 * sigma + (long double)i * step;
        long double ratio =
            log_add(log1pl(-q), logl(q) + (2 * x - 1) / (2 * sigma * sigma));

        sum = log_add(sum, norm - x * x / (2 * sigma * sigma) + alpha * ratio);
    }
    return sum / (alpha - 1);
}

long double
renyi_sampled_gaussian(long double q, long double sigma, long double alpha)
{
    if (q == 1)
        return alpha / (2 * sigma * sigma);
    return alpha == floorl(alpha) ? sampled_whole(q, sigma, alpha)
                                  : sampled_any(q, sigma, alpha);
}

long double
renyi_response_one(long double noise, long double k, long double alpha)
{
    long double lie = noise / k, truth = 1 - noise + lie;
    long double sum = log_add(log_term(truth, lie, alpha), log_term(lie, truth, alpha));

    return log_add(sum, logl((k - 2) * lie)) / (alpha - 1);
}

long double
renyi_response_special(long double noise, long double k, long double alpha)
{
    long double lie = noise / k, truth = 1 - noise + lie, even = 1 / k;
    long double rest = logl(k - 1);
    long double there =
        log_add(log_term(truth, even, alpha), rest + log_term(lie, even, alpha));
    long double back =
        log_add(log_term(even, truth, alpha), rest + log_term(even, lie, alpha));

    return fmaxl(there, back) / (alpha - 1);
}

long double
renyi_eps(long double alpha, long double divergence, long double delta)
{
    return fmaxl(
        0, divergence + log1pl(-1 / alpha) - (logl(delta) + logl(alpha)) / (alpha - 1));
}
