/* linear.h -- coefficients of a linear fit from noisy moments. All of it works on what
 * noise has been added to, and may use floats. */
#ifndef SANDBOX_LINEAR_H
#define SANDBOX_LINEAR_H

#include "sandbox/moments.h"

#define FIT_DECIMALS  9
#define FIT_INTERCEPT "intercept" /* the name of the constant's coefficient */

/* {"keys":[["age"],…,["intercept"]],"values":[…]}; m is NULL for the truth. */
void linear_tell(const struct plan *p, const struct mechanism *m,
    const __int128 *vector, struct buf *json);
/* The same document for coefficients in the fields' own units, the intercept's last. */
void fit_tell(const struct plan *p, const long double *coefficients, struct buf *json);

#endif
