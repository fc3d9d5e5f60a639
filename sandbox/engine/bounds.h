/* bounds.h -- bounds for a column from its rows: a histogram over powers of two.
 *
 * Bins are … [-4,-2) [-2,-1) {-1} {0} {1} [2,4) …, in the column's fixed point, whatever the
 * column holds. Each count gets noise; the bounds are those of the outermost bins whose
 * noisy count is above a threshold that all empty bins stay below with probability
 * 0.99, for each group. One unit with k rows: L1 = k, L2^2 = k^2, Linf = k, as for any
 * histogram, whatever groups its rows fall in. What is told has no half-width: how far
 * rows of thinner bins reach depends on the data, and a price by error is refused.
 * Source: Wilson et al. 2020, section 5.1.1 (approximate bounds). */
#ifndef SANDBOX_ENGINE_BOUNDS_H
#define SANDBOX_ENGINE_BOUNDS_H

#include "sandbox/engine/plan.h"

#define BOUNDS_BINS 126

/* BOUNDS_BINS + 1 edges. */
void bounds_edges(int64_t edges[BOUNDS_BINS + 1]);
/* {"keys":[["lower"],["upper"]],"values":[…]}, by group ["A","lower"]; no keys where no
 * bin is above. m and r are NULL for the truth. */
enum err bounds_answer(struct diag *d, struct arena *a, const struct plan *p,
    const struct mechanism *m, const struct table *t, struct rng *r,
    struct buf *json) NODISCARD;

#endif
