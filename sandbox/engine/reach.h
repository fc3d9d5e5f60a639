/* reach.h -- which rows stand behind which cell of an answer.
 *
 * Cells are those that are told: the keys of the grouping in their order, and within a key
 * the bins of a histogram, the declared categories of a most common value, or the
 * conditions of above_threshold. Keys that only the data know come in the
 * order of their texts. */
#ifndef SANDBOX_ENGINE_REACH_H
#define SANDBOX_ENGINE_REACH_H

#include "sandbox/engine/plan.h"

#define REACH_NO_FIELD SIZE_MAX

/* A row is in one cell of each layer: there are several where a join repeats rows, and
 * where conditions overlap. */
struct reach {
    size_t cells, within; /* within: cells of a key */
    size_t rows, layers;
    uint32_t *cell; /* layers * rows: below cells; cells: of no key; else not kept */
    int64_t *value; /* by row, of the field; 0 without */
};

/* A row that lacks a value which the measure needs is not kept. Memory from a, failure for
 * want of it alone. The plan has no row programs, or a port to run them. */
enum err reach_of(struct diag *d, struct arena *a, const struct plan *p,
    const struct table *t, size_t field, struct reach *out) NODISCARD;

#endif
