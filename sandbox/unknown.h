/* unknown.h -- answers by keys that only the data know.
 *
 * Every key that the data hold gets its noisy value, and those are told whose value is
 * above the mechanism's threshold: a key that a single person brings along stays below
 * but with probability delta. Keys are told in the order of their texts, so that the
 * order says nothing of the rows. */
#ifndef SANDBOX_UNKNOWN_H
#define SANDBOX_UNKNOWN_H

#include "sandbox/plan.h"

/* Units that a key has at least, by the owner's rule; 1 without one. */
uint64_t unknown_least(const struct plan *p);
/* m and r are NULL for the truth, which tells every key. Memory from a. */
enum err unknown_answer(struct diag *d, struct arena *a, const struct plan *p,
    const struct mechanism *m, const struct table *t, struct rng *r,
    struct buf *json) NODISCARD;

#endif
