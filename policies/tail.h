/* tail.h -- how far noise strays: tails and half-widths of the discrete laws.
 *
 * Long double; half-widths and thresholds come out as integers that are never too
 * small. Nothing here touches data. */
#ifndef POLICIES_TAIL_H
#define POLICIES_TAIL_H

#include <stdint.h>

/* P[Z >= m] for integer m >= 1, discrete Laplace of scale t: q^m / (1 + q), q =
 * e^(-1/t). */
long double laplace_tail(long double t, long double m);
/* Upper bound of P[Z >= m], m >= 1, discrete Gaussian: the exact series while sigma is
 * below TAIL_EXACT_SIGMA, else the continuous P[N >= m - 1] (Canonne, Kamath, Steinke
 * 2020, Prop. 25). */
#define TAIL_EXACT_SIGMA 256
long double gaussian_tail(long double sigma, long double m);
/* Sum of exp(-k^2 / (2 sigma^2)) over all integers k. */
long double gaussian_mass(long double sigma);

/* The smallest integer w >= 0 with P[|Z| > w] <= miss; for the Gaussian from
 * TAIL_EXACT_SIGMA on at most one above it. Saturates at INT64_MAX. */
int64_t laplace_width(long double t, long double miss);
int64_t gaussian_width(long double sigma, long double miss);

#endif
