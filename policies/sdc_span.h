/* sdc_span.h -- differences that take any number of cells.
 *
 * Cells are vectors of bits, one a row. A combination of cells with whole weights, not
 * all even, leaves modulo 2 at most the rows that it leaves; so whatever isolates few
 * rows shows as a short vector in the span of the cells over bits. The span is brought to reduced
 * echelon form with pivots drawn at random: a short vector stands there as a line of its
 * own when exactly one of its rows was drawn, a single row always. A line counts when
 * its cells have, in rational numbers, a combination that vanishes outside of it. */
#ifndef POLICIES_SDC_SPAN_H
#define POLICIES_SDC_SPAN_H

#include "policies/sdc_few.h"

/* Several trials, as many as a fixed amount of work allows, one at least. Looks for one
 * difference that involves a new cell. */
enum err sdc_span_check(struct diag *d, struct arena *a, struct sdc_few *few,
    const struct sdc_told *cells, size_t n, uint64_t seed,
    struct sdc_difference *out) NODISCARD;

#endif
