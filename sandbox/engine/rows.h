/* rows.h -- walks a table in batches, with the fields and the rows that a plan keeps. */
#ifndef SANDBOX_ENGINE_ROWS_H
#define SANDBOX_ENGINE_ROWS_H

#include "sandbox/engine/plan.h"

struct rows;

struct batch {
    size_t from, n;               /* rows of the table */
    uint8_t mask[BATCH_ROWS];     /* 1: kept */
    const int64_t *const *values; /* by field, for those that the plan needs */
    const uint8_t *const *valid;
};

/* Does what needs passes of its own (truncations); the last pass is rows_next's. Memory
 * from a. Fails only for want of memory. */
enum err rows_open(struct diag *d, struct arena *a, const struct plan *p,
    const struct table *t, struct rows **out) NODISCARD;
bool rows_next(struct rows *w, struct batch *out);

#endif
