/* stability.h -- how far the exact answer moves when one privacy unit comes or goes.
 *
 * k: rows of one unit that reach the measure, at most (schema, truncate).
 * m: groups that these rows reach, at most (truncate by groups; never more than k).
 * R = upper - lower and B = max(|lower|, |upper|) of the measured field.
 *
 * operation        effect on k, m            why
 * open             k = unit.max_rows         truncation by keyed hash of a unit's own rows
 * where, derive,   unchanged                 row by row, deterministic, total (McSherry
 *   clip, select                             2009: stability 1)
 * map              unchanged                 likewise: it sees one row, and nothing lives
 *                                            from row to row
 * truncate rows=r  k = min(k, r)             depends on the unit's own rows only (Wilson
 *                                            et al. 2020: bounded contribution)
 * truncate groups  m = min(k, groups)        likewise
 * group_by         unchanged                 each row falls in one cell at most; the cells
 *                                            are public, or unknown.h
 * partition        unchanged                 keeps the rows of one key; parts.h: prices
 *                                            (McSherry 2009, Thm 4)
 * join_public      k = k * copies            a row becomes as many as the public table
 *                                            lists its key, at most `copies` (McSherry
 *                                            2009: stability of a join on a bounded side)
 *
 * A unit's rows may all fall in one cell, or spread: over all cells they are k together,
 * so the sums of |change| and of change^2 are greatest with all in one cell.
 *
 * Linf bounds each coordinate.
 *
 * measure          one row moves             L1           L2^2             Linf
 * count            one cell by 1             k            k^2              k
 * histogram        one cell by 1             k            k^2              k
 * count_units      (a unit, a group) by 1    m            m                1
 * keys             likewise                  a choice by these counts, not a sum
 * sum              one cell by at most B     k B          k^2 B^2          k B
 * mean             (2x-lower-upper, R)       2 k R        2 k^2 R^2        k R
 * bounds           one cell by 1             k            k^2              k
 * above_threshold  each count by 1           n k          n k^2            k
 * quantile, most_common                      choice.h: a score by its change, times k
 * variance, covariance, linear fit           moments.h: each of w coordinates by k M
 * logistic fit                               logistic.h: of one step
 * sample_aggregate one block by at most R    R            R^2              R
 *
 * All rows of a unit fall in one block, by a keyed hash of the unit; the number of blocks
 * is fixed and public, each has a process of its own, and what it says is clipped: so one
 * unit moves the sum of the blocks by R, however many rows it has (Nissim, Raskhodnikova,
 * Smith 2007; GUPT 2012). Without units a block is a hash of the row's own values: taking
 * a row away moves no other row to another block.
 *
 * A selection is not a sum: its vector holds the scores of candidates, and only the
 * greatest change of one score counts.
 *
 * The mean's two coordinates are weighted alike: the deviation from the middle, doubled
 * to stay an integer, is at most R, and a row counts as R (1 where R = 0). Ungrouped
 * measures have m = 1. Sources: Dwork, McSherry, Nissim, Smith 2006 (counts, sums and
 * histograms); Li, Lyu, Su, Yang 2016, Alg. 2.4 (centred mean); Wilson et al. 2020 (units
 * with several rows). */
#ifndef SANDBOX_ENGINE_STABILITY_H
#define SANDBOX_ENGINE_STABILITY_H

#include "sandbox/engine/plan.h"

/* ERR_INVALID: greater than can be noised in integers. */
enum err stability_of(
    struct diag *d, const struct plan *p, struct sensitivity *out) NODISCARD;
/* What a row counts as in a mean's second coordinate: R, or 1. */
int64_t mean_weight(const struct plan *p);

#endif
