/* scale.h -- noise parameters that integers prove to be great enough.
 *
 * Floats may guess; what is used has been checked by integer multiplication, so that no
 * rounding ever makes noise smaller than its price. Over-noise is below 2^-29 of it. */
#ifndef POLICIES_SCALE_H
#define POLICIES_SCALE_H

#include "policies/mechanism.h"

/* The Laplace scale n/d into m->scale_num / m->scale_den: exactly where both parts
 * fit 63 bits, else rounded up to a multiple of the finest power of two that fits. n
 * < 2^122, 0 < d. False: the scale is past 2^62. */
bool scale_laplace(unsigned __int128 n, unsigned __int128 d, struct mechanism *m);
/* The least sigma = scale_num / 2^scale_den with l2sq / (2 sigma^2) <= rho. False:
 * it is past 2^54. */
bool scale_gaussian(
    unsigned __int128 l2sq, unsigned __int128 rho_nano, struct mechanism *m);

#endif
