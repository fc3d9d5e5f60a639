/* sdc_few.h -- whether a set of rows belongs to a few persons. */
#ifndef POLICIES_SDC_FEW_H
#define POLICIES_SDC_FEW_H

#include "policies/sdc_history.h"

struct sdc_few {
    const struct sdc_people *people;
    size_t words;
    int64_t least;        /* so many are not few */
    int64_t slack;        /* rows that fewer than so many have at most */
    uint32_t *seen, turn; /* by person: the last set that it was seen in */
};

/* Memory from a. */
enum err sdc_few_init(struct diag *d, struct arena *a, const struct sdc_people *people,
    int64_t least, struct sdc_few *out) NODISCARD;
/* Rows of somebody, and of fewer than `least`. */
bool sdc_few_is(struct sdc_few *f, const uint64_t *rows);
/* Rows of `least` persons or more. */
bool sdc_few_is_many(struct sdc_few *f, const uint64_t *rows);

#endif
