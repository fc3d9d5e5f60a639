/* renyi.h -- Renyi divergences of order alpha > 1, and what they say of epsilon.
 *
 * For the calculator and for comparison: the ledger itself runs on zCDP. Sources:
 * Mironov 2017; Balle et al. 2020; Mironov, Talwar, Zhang 2019 (sampled Gaussian);
 * Dong et al. 2020 and Cesar & Rogers 2021 (bounded range). */
#ifndef POLICIES_RENYI_H
#define POLICIES_RENYI_H

#include <stddef.h>

long double renyi_laplace(long double eps, long double alpha);
long double renyi_pure(long double eps, long double alpha); /* randomized response */
/* Exponential mechanism: a bound for every mechanism of bounded range eps. */
long double renyi_bounded_range(long double eps, long double alpha);
/* Poisson sampling at rate q, then Gaussian of deviation sigma: one step. */
long double renyi_sampled_gaussian(long double q, long double sigma, long double alpha);
/* Randomized response over k values that lies with probability noise: between two true
 * values, and between a true value and the uniform answer, the greater way round. */
long double renyi_response_one(long double noise, long double k, long double alpha);
long double renyi_response_special(long double noise, long double k, long double alpha);
/* Epsilon at delta of one divergence; the caller takes the least over its orders. */
long double renyi_eps(long double alpha, long double divergence, long double delta);

#endif
