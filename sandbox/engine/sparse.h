/* sparse.h -- the first of a list of conditions that holds for more rows than a threshold.
 *
 * The vector counts the rows of each condition, which are fields of the plan. One unit
 * with k rows moves each count by at most k, and all of them the same way: L1 = n k,
 * L2^2 = n k^2, Linf = k for n conditions, of which the price depends on Linf alone.
 * The whole list is answered in one call.
 *
 * By group, each has a threshold with noise of its own. The k rows of a unit are spread
 * over groups, and what is lost in a group is in proportion to the rows there: together
 * no more than where one group has all k. In rho, too: what any pure mechanism costs in
 * it is convex in epsilon, and nothing for nothing.
 * Source: Lyu, Su, Li 2017, Alg. 1, c = 1. */
#ifndef SANDBOX_ENGINE_SPARSE_H
#define SANDBOX_ENGINE_SPARSE_H

#include "sandbox/engine/plan.h"

enum err sparse_vector(struct diag *d, struct arena *a, const struct plan *p,
    const struct table *t, __int128 *out) NODISCARD;
/* {"value":i}, i from 1; null where there is none; by group {"keys":…,"values":…}. m and
 * r are NULL for the truth. */
enum err sparse_answer(struct diag *d, struct arena *a, const struct plan *p,
    const struct mechanism *m, const struct table *t, struct rng *r,
    struct buf *json) NODISCARD;

#endif
