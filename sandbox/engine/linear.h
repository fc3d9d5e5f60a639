/* linear.h -- coefficients of a linear fit from noisy moments. All of it works on what
 * noise has been added to, and may use floats. */
#ifndef SANDBOX_ENGINE_LINEAR_H
#define SANDBOX_ENGINE_LINEAR_H

#include "sandbox/engine/moments.h"

#define FIT_DECIMALS  9
#define FIT_INTERCEPT "intercept" /* the name of the constant's coefficient */

/* {"keys":[["age"],…,["intercept"]],"values":[…]}, by group ["A","age"]; m is NULL for
 * the truth. Memory from a. */
enum err linear_tell(struct diag *d, struct arena *a, const struct plan *p,
    const struct mechanism *m, const __int128 *vector, struct buf *json) NODISCARD;
/* The same document for coefficients in the fields' own units, key by key: as many as
 * there are for each, the intercept's last. */
size_t fit_coefficients_n(const struct plan *p);
void fit_tell(const struct plan *p, const long double *coefficients, struct buf *json);

#endif
