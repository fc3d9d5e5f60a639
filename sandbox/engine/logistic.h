/* logistic.h -- logistic regression by full-batch gradient steps in fixed point.
 *
 * Fields are laid on [-1, 1] (units of 2^-LOGISTIC_BITS), about their middle where the
 * fit has a constant. A row's gradient is (s(b x) - t) x, each coordinate within [-1, 1],
 * shortened to the norm C where one is given; beside it stands a coordinate that counts
 * the row as 1. One step releases the sums over rows with noise and moves b by them; the
 * steps are one question, whose price is the sum of theirs.
 *
 * With k rows of a unit, n coordinates of the gradient and c = min(sqrt(n), C), in units:
 *   L1 = k (min(n, c sqrt(n)) + 1)   L2^2 = k^2 (c^2 + 1)   Linf = k
 * By group, each has a b of its own, and the steps of all are one release: the bounds
 * above are those of a unit whose rows lie in one group, and spread they move less.
 * The sigmoid is a table: rows are looked at in integers only.
 * Source: Song, Chaudhuri, Sarwate 2013; Bassily, Smith, Thakurta 2014 (noisy gradient
 * descent), full batch, without sampling. */
#ifndef SANDBOX_ENGINE_LOGISTIC_H
#define SANDBOX_ENGINE_LOGISTIC_H

#include "sandbox/engine/plan.h"

#define LOGISTIC_BITS          14
#define LOGISTIC_ONE           (INT64_C(1) << LOGISTIC_BITS)
#define LOGISTIC_STEPS_DEFAULT 20
#define LOGISTIC_STEPS_MAX     1000

size_t logistic_width(const struct plan *p); /* of one step */
enum err logistic_sensitivity(
    struct diag *d, const struct plan *p, struct sensitivity *out) NODISCARD;
/* Noise of one step at its share of the price; out->price is that of all of them. */
enum err logistic_plan(struct diag *d, const struct plan *p, const struct price *price,
    const struct sensitivity *s, struct mechanism *out) NODISCARD;
/* The first step's vector. */
enum err logistic_vector(struct diag *d, struct arena *a, const struct plan *p,
    const struct table *t, __int128 *out) NODISCARD;
/* m and r are NULL for the truth. Memory from a. */
enum err logistic_answer(struct diag *d, struct arena *a, const struct plan *p,
    const struct mechanism *m, const struct table *t, struct rng *r,
    struct buf *json) NODISCARD;

#endif
