/* choice.h -- answers that choose: quantiles among public candidates, most common values.
 *
 * The vector holds scores, of which greater is better. Each is multiplied by the number
 * of candidates and has a public constant below that number added, so that no two are
 * equal and noise at a high price chooses what the truth does: of equal candidates the
 * one nearest to the rows for a quantile, the first declared for a most common value.
 * The constants are the same on all data; the change of a score grows by the factor.
 *
 *   measure      score of candidate c                      change, k rows of a unit
 *   quantile     -|(den - num) #(x < c) - num #(x > c)|    k max(num, den - num)
 *   most_common  #(x = c), all scores up or all down       k
 *
 * error95 is in rows: each choice is, with probability 0.95, no more rows less common than
 * the best one, or its rank no more rows further from the asked quantile's. The rank of c
 * is off by |#(x < c) - q (#(x < c) + #(x > c))|. How far that is in values depends on
 * the data, and is not told.
 *
 * By group: a unit's k rows are spread over groups, and the change of a group's scores
 * is in proportion to the rows that it has there. Losses are linear (permute and flip) or
 * quadratic (exponential) in the change, so all groups together lose no more than one
 * that has all k. Several quantiles, and the picks of a peeling, share the price equally.
 * Sources: Smith 2011 (score); McKenna, Sheldon 2020; Cesar, Rogers 2021. */
#ifndef SANDBOX_ENGINE_CHOICE_H
#define SANDBOX_ENGINE_CHOICE_H

#include "sandbox/engine/plan.h"

bool choice_is(const struct plan *p);
size_t choice_candidates(const struct plan *p);
size_t choice_width(const struct plan *p); /* of one key */
/* The greatest change of a score, and whether all move the same way. */
uint64_t choice_change(const struct plan *p);
bool choice_is_monotone(const struct plan *p);
/* What a score falls by when the choice is one row worse: one row less common, or one
 * rank further from the quantile. */
int64_t choice_row(const struct plan *p);
size_t choice_picks(const struct plan *p);
/* counts: rows by bin of one key. */
void choice_scores(const struct plan *p, const int64_t *counts, __int128 *out);
/* m and r are NULL for the truth. Memory from a. */
enum err choice_answer(struct diag *d, struct arena *a, const struct plan *p,
    const struct mechanism *m, const struct table *t, struct rng *r,
    struct buf *json) NODISCARD;

#endif
