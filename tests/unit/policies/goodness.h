/* goodness.h -- does a histogram of draws fit exact probabilities? Pearson's
 * chi-square. */
#ifndef TESTS_UNIT_POLICIES_GOODNESS_H
#define TESTS_UNIT_POLICIES_GOODNESS_H

#include <stddef.h>
#include <stdint.h>

#define GOODNESS_P 1e-6 /* a fit is refused below it */

/* P[chi-square with these degrees of freedom >= x]. */
double chi_square_above(double x, size_t degrees);
/* p of seen[i] out of total, where expected[i] are probabilities that sum to 1.
 * Neighbour bins are joined until each expects 10 draws. */
double goodness_p(
    const uint64_t *seen, const double *expected, size_t n, uint64_t total);

#endif
