/* unknown.h -- answers by keys that only the data know.
 *
 * Keys are combinations of texts, categories and truth values. Every key that the data
 * hold gets its noisy value, and those are told whose value is above the mechanism's
 * threshold and that have as many units as the owner wants: a key that a single person
 * brings along stays below but with probability delta. Keys are told in the order of
 * their texts, so that the order says nothing of the rows.
 * keys() tells which keys there are and nothing of how many: each is kept by a draw that
 * depends on its units alone.
 *
 *   what one unit changes   at most m keys, each value by at most Linf (stability.h:
 *                           the keys are the cells); m is truncated by exactly the
 *                           columns of the key, or k
 *   delta                   1 - (1 - tail)^m for the keys that a unit alone brings along
 *   source                  Korolova, Kenthapadi, Mishra, Ntoulas 2009 (threshold on
 *                           unknown keys); tails of the discrete laws in tail.h;
 *                           keys(): selection.h, keep_plan */
#ifndef SANDBOX_ENGINE_UNKNOWN_H
#define SANDBOX_ENGINE_UNKNOWN_H

#include "sandbox/engine/plan.h"

/* Units that a key has at least, by the owner's rule; 1 without one. */
uint64_t unknown_least(const struct plan *p);
/* m and r are NULL for the truth, which tells every key. Memory from a. */
enum err unknown_answer(struct diag *d, struct arena *a, const struct plan *p,
    const struct mechanism *m, const struct table *t, struct rng *r,
    struct buf *json) NODISCARD;
/* The number of each row's key, in the order in which an exact answer tells them;
 * UNKNOWN_NO_KEY where the row is not kept or lacks a part of one. Memory from a. */
#define UNKNOWN_NO_KEY UINT32_MAX
enum err unknown_keys(struct diag *d, struct arena *a, const struct plan *p,
    const struct table *t, const uint32_t **key_of_row, size_t *keys_n) NODISCARD;

#endif
