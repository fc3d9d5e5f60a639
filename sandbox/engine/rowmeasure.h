/* rowmeasure.h -- measurements whose arithmetic is a row program's. */
#ifndef SANDBOX_ENGINE_ROWMEASURE_H
#define SANDBOX_ENGINE_ROWMEASURE_H

#include "sandbox/engine/plan.h"

/* The sum of what the program says about each block. A unit's rows all fall in one block,
 * which a keyed hash of the unit names; without units, of the row's own values. */
enum err row_blocks_sum(struct diag *d, struct arena *a, const struct plan *p,
    const struct table *t, __int128 *out) NODISCARD;
/* {"value":…,"error95":""}. ERR_UNPROCESSABLE: the program gave no value. */
enum err row_collect(struct diag *d, struct arena *a, const struct plan *p,
    const struct table *t, struct buf *json) NODISCARD;

#endif
