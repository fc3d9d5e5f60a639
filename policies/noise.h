/* noise.h -- exact samplers: discrete Laplace and discrete Gaussian, in integers.
 *
 * No float, no truncation, no table: every draw has exactly the stated law, given fair
 * bits. 128-bit integers suffice. The number of steps depends on the draw, so the
 * caller never shows how long one took.
 *
 * Source: Canonne, Kamath, Steinke, "The Discrete Gaussian for Differential Privacy",
 * 2020, Algorithms 1-3, with two changes. Bernoulli(n/(dK)) is drawn as Bernoulli(1/K)
 * and Bernoulli(n/d), so denominators do not grow. The Gaussian proposes from a
 * Laplace of scale sigma itself instead of floor(sigma) + 1: the rejection identity
 * holds for any scale, and this one keeps numerator and denominator in 128 bits. */
#ifndef POLICIES_NOISE_H
#define POLICIES_NOISE_H

#include "policies/rng.h"

#include <stdbool.h>

#define NOISE_LAPLACE_BITS_MAX 63 /* of scale_num and scale_den */
#define NOISE_SIGMA_BITS_MAX   54 /* of a, where sigma = a / 2^f */
#define NOISE_SIGMA_SHIFT_MAX  62 /* of f */

/* True with probability exp(-n/d); d > 0. */
bool noise_bernoulli_exp(struct rng *r, unsigned __int128 n, unsigned __int128 d);
/* P[z] proportional to exp(-|z| den/num); 0 < num, den < 2^63. */
__int128 noise_discrete_laplace(struct rng *r, uint64_t num, uint64_t den);
/* P[z] proportional to exp(-z^2 / (2 sigma^2)), sigma = a / 2^f; 0 < a <= 2^54, f <=
 * 62. Draws with | |z| 2^f - a | >= 2^63 are left out; their mass is below
 * exp(-130000). */
__int128 noise_discrete_gaussian(struct rng *r, uint64_t a, unsigned f);

#endif
