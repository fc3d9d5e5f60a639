/* versions.h -- the rows of several versions of a dataset as rows of one.
 *
 * A row of one version and a row of another are the same where person and values are, as
 * often as both have it; the person is who their unit column names. Without such a column
 * rows have no identity: a row that changed is one that went and one that came. */
#ifndef SANDBOX_RUNNER_VERSIONS_H
#define SANDBOX_RUNNER_VERSIONS_H

#include "policies/sdc_history.h"
#include "sandbox/table/column.h"

struct versions {
    struct sdc_people people; /* of the rows in common */
    const uint32_t *
        *row_of; /* by version, by its row: the one in common; NULL: its own */
};

/* Tables of one schema, each with the same columns loaded; one at least. Memory from a. */
enum err versions_join(struct diag *d, struct arena *a,
    const struct table *const *tables, size_t n, struct versions *out) NODISCARD;

#endif
