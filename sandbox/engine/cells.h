/* cells.h -- which cell of a grouping the rows of a batch fall in. */
#ifndef SANDBOX_ENGINE_CELLS_H
#define SANDBOX_ENGINE_CELLS_H

#include "sandbox/engine/rows.h"

/* By axis, a table from its values to the share of the cell that they stand for. */
struct cells {
    const struct plan *plan;
    const struct grouping *grouping;
    const uint32_t *lut[GROUP_FIELDS_MAX];
    int64_t base[GROUP_FIELDS_MAX];
    size_t lut_n[GROUP_FIELDS_MAX];
    /* the stride where lut is a multiple; 0: it is not */
    uint32_t even[GROUP_FIELDS_MAX];
    bool alone; /* one axis, even, of values that fit 32 bits */
};

enum err cells_open(struct diag *d, struct arena *a, const struct plan *p,
    const struct grouping *g, const struct table *t, struct cells *out) NODISCARD;
/* b->n cells; the grouping's number of cells for rows that belong to none. */
void cells_of(const struct cells *c, const struct batch *b, uint32_t *cell);

#endif
