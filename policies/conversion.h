/* conversion.h -- between epsilon, (epsilon, delta) and rho of zCDP; tight constants.
 *
 * All in long double, 64 bits of mantissa, from glibc functions that are good to two
 * units in the last place; whoever turns a result into a price adds a margin and rounds
 * up (price_up). Every formula holds for any alpha > 1, so a minimiser that is a little
 * off costs budget, never privacy.
 *
 * Sources: Bun & Steinke 2016; Canonne, Kamath, Steinke 2020 (Prop. 12, Cor. 13);
 * Balle & Wang 2018 (Thm 8); Harrison & Manurangsi 2026 (zCDP of Laplace). */
#ifndef POLICIES_CONVERSION_H
#define POLICIES_CONVERSION_H

#include <stdint.h>

/* Smallest epsilon, delta, and greatest rho of "rho-zCDP implies (epsilon, delta)". */
long double zcdp_eps(long double rho, long double delta);
long double zcdp_delta(long double rho, long double eps);
long double zcdp_rho(long double eps, long double delta);
/* Any pure mechanism: KL divergence of randomized response. At most eps^2 / 2. */
long double pure_rho(long double eps);
/* Continuous Laplace of scale sensitivity/eps: eps + exp(-eps) - 1. */
long double laplace_rho(long double eps);
/* Discrete Laplace of scale 1/x under a shift by an integer: its KL divergence,
 * x (shift - (1 - q^shift) / sinh x), q = exp(-x). Convex in shift. */
long double discrete_laplace_rho(long double x, long double shift);
/* Gaussian of deviation sigma and L2 sensitivity l2. */
long double gaussian_delta(long double sigma, long double eps, long double l2);
long double gaussian_eps(long double sigma, long double delta, long double l2);
long double gaussian_sigma(long double eps, long double delta, long double l2);

/* x in 1e-9, rounded up; error bounds what x may be too small by. Saturates. */
int64_t price_up(long double x, long double error);

#endif
