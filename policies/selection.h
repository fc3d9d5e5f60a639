/* selection.h -- choosing instead of adding: candidates, keys, the first of a list.
 *
 * As in mechanism.h a plan names noise, price and error before data are read, and a run
 * needs its price charged and durable. All choices are drawn in integers.
 *
 *   what        one unit changes                           source
 *   selection   each score by at most `change`; monotone:  McKenna & Sheldon 2020
 *               all of them the same way                   (permute and flip), Cesar
 *                                                          & Rogers 2021 (rho)
 *   threshold   at most `groups` keys, each value by at    exact discrete tails, as
 *               most linf; a key of one unit has at most   in tail.h
 *               linf
 *   keep_curve  at most `groups` keys' unit counts by one  Desfontaines, Voss, Gipson,
 *                                                          Mandayam 2020, Thm 1
 *   sparse      each value by at most `change`; monotone:  Lyu, Su, Li 2017, Alg. 1
 *               all of them the same way                   with c = 1 */
#ifndef POLICIES_SELECTION_H
#define POLICIES_SELECTION_H

#include "policies/mechanism.h"

/* --- the best of public candidates ------------------------------------------------ */

/* `picks` choices, each among candidates_n and each at an equal share of the price:
 * several lists of scores, or one list peeled. PRICE_EPSILON: permute and flip;
 * PRICE_RHO: exponential mechanism; PRICE_ERROR: in score units, the cheaper of
 * them. error95 bounds, per pick, how far the chosen score stays below the best
 * (scale ln(20 candidates_n)). Adding public constants to the scores changes nothing
 * here: a caller that wants ties broken its way biases them so. */
enum err selection_plan(struct diag *d, enum accounting acc, const struct price *p,
    uint64_t change, bool monotone, size_t candidates_n, size_t picks,
    struct mechanism *out) NODISCARD;
/* Indexes of `picks` different ones of n scores, greater is better, as they were
 * drawn; scratch holds n indexes. picks is at most n and at most what is left of the
 * plan's. */
void selection_peel(const struct mechanism *m, struct rng *r, const int64_t *scores,
    size_t n, size_t picks, size_t *scratch, size_t *chosen);
/* Score of a candidate as the num/den quantile, 0 is best: -|(den-num) below - num
 * above|, where below and above count rows strictly less and strictly greater. Its
 * change per added row is quantile_change. */
int64_t quantile_score(uint64_t below, uint64_t above, uint64_t num, uint64_t den);
uint64_t quantile_change(uint64_t num, uint64_t den);

/* --- keys that nobody may know beforehand ----------------------------------------- */

/* Noise on the value of every key that the data hold, of which those are released whose
 * noisy value exceeds the threshold. p->delta_atto > 0 pays for keys of a single unit.
 * least: the owner's minimum of units behind a key, 1 for none. */
enum err threshold_plan(struct diag *d, enum accounting acc, const struct price *p,
    const struct sensitivity *s, uint64_t groups, uint64_t least,
    struct mechanism *out) NODISCARD;
/* Strictly: noisy == threshold is not kept. Every test and the price rest on it. */
bool threshold_keeps(const struct mechanism *m, int64_t noisy);
/* units[i] is the true number of units behind key i. */
void threshold_run(const struct mechanism *m, struct rng *r, uint64_t least,
    const __int128 *values, const uint64_t *units, size_t n, int64_t *noisy,
    bool *keep);

/* Optimal selection of keys without their counts, paid in epsilon and delta (Desfontaines,
 * Voss, Gipson, Mandayam 2022, Thm 1): a key of n units is kept with the greatest
 * probability that (epsilon, delta) allows a unit which reaches at most `groups` keys.
 * least: the owner's minimum, as above. There is no noise and no error95. */
enum err keep_plan(struct diag *d, enum accounting acc, const struct price *p,
    uint64_t groups, uint64_t least, struct mechanism *out) NODISCARD;
/* That probability by the number of units, on a grid of 2^-62 and never above the true
 * optimum. m, groups and least are those of the plan; a megabyte from the arena. */
struct keep_curve {
    uint64_t *at; /* at[units], in 2^-62, rising; in the arena */
    size_t n;     /* at[n - 1] serves every greater number of units */
};
struct arena;
enum err keep_curve_make(struct diag *d, struct arena *a, const struct mechanism *m,
    uint64_t groups, uint64_t least, struct keep_curve *out) NODISCARD;
bool keep_draw(const struct keep_curve *c, struct rng *r, uint64_t units);

/* --- the first of a list that is above a threshold -------------------------------- */

/* Paid in epsilon, or by error. error95: with probability 0.95 no value before the
 * chosen one is further above the threshold than this, nor the chosen one further
 * below (Dwork & Roth 2014, Thm 3.24, with the law's own tails). */
enum err sparse_plan(struct diag *d, enum accounting acc, const struct price *p,
    uint64_t change, bool monotone, size_t queries_n, struct mechanism *out) NODISCARD;
/* Index of the first value above the public threshold, both with noise; n: none. Ends
 * inside one call: the filter composes whole measurements only. */
size_t sparse_run(const struct mechanism *m, struct rng *r, const __int128 *values,
    size_t n, __int128 threshold);

#endif
