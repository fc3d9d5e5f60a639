/* stability.h -- how far the exact answer moves when one privacy unit comes or goes.
 *
 * k: rows of one unit that reach the measure, at most (schema, truncate).
 * m: groups that these rows reach, at most (truncate by groups; never more than k).
 * R = upper - lower and B = max(|lower|, |upper|) of the measured field.
 *
 * operation        effect on k, m            why
 * open             k = unit.max_rows         truncation by keyed hash of a unit's own rows
 * where, derive,   unchanged                 row by row, deterministic, total
 *   clip, select
 * truncate rows=r  k = min(k, r)             depends on the unit's own rows only
 * truncate groups  m = min(k, groups)        likewise
 *
 * A unit's rows may all fall in one cell, or spread: over all cells they are k together,
 * so the sums of |change| and of change^2 are greatest with all in one cell.
 *
 * measure          one row moves             L1           L2^2             Linf
 * count            one cell by 1             k            k^2              k
 * histogram        one cell by 1             k            k^2              k
 * count_units      (a unit, a group) by 1    m            m                1
 * sum              one cell by at most B     k B          k^2 B^2          k B
 * mean             (2x-lower-upper, R)       2 k R        2 k^2 R^2        k R
 * quantile         a score by max(num,den-num)  –         –                k max(num,den-num)
 *
 * A quantile is a selection, not a sum: its vector holds the scores of the candidates, and
 * only the greatest change of one score counts (Smith 2011; the score of OpenDP's
 * quantile_score_candidates). num is the greatest of all quantiles asked for.
 *
 * The mean's two coordinates are weighted alike: the deviation from the middle, doubled
 * to stay an integer, is at most R, and a row counts as R (1 where R = 0). Sources: Li,
 * Lyu, Su, Yang 2016, Alg. 2.4 (centred mean); Wilson et al. 2020 (bounded contribution).
 * Ungrouped measures have m = 1. */
#ifndef SANDBOX_STABILITY_H
#define SANDBOX_STABILITY_H

#include "sandbox/plan.h"

/* ERR_INVALID: greater than can be noised in integers. */
enum err stability_of(
    struct diag *d, const struct plan *p, struct sensitivity *out) NODISCARD;
/* What a row counts as in a mean's second coordinate: R, or 1. */
int64_t mean_weight(const struct plan *p);

#endif
