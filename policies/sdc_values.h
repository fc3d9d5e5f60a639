/* sdc_values.h -- do two told sums, over the same rows, tell of a few persons?
 *
 * Sets of rows do not show that "los" and "los, twice for those aged 17" differ in three
 * persons. Looked for are two sums or means over the same rows whose values go together
 * by some a * x + b, but for the values of somebody, and of fewer persons than `least`:
 * a times one, and b for each row, taken from the other leaves theirs. Relations are
 * drawn from two rows at a time; one that holds for most rows is missed hardly ever
 * (TRIALS), one that takes three sums always. */
#ifndef POLICIES_SDC_VALUES_H
#define POLICIES_SDC_VALUES_H

#include "policies/sdc_history.h"

struct sdc_valued {
    const uint64_t *rows;
    const int64_t *values; /* by row */
    size_t source;
    bool is_new;
};

/* Changes *out where it finds something worse: a difference where there was none, or one
 * with what was told before where there was none such. */
enum err sdc_values_check(struct diag *d, struct arena *a,
    const struct sdc_people *people, const struct sdc_valued *cells, size_t n,
    int64_t least, uint64_t seed, struct sdc_difference *out) NODISCARD;

#endif
