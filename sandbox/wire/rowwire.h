/* rowwire.h -- what broker and row process say to each other.
 *
 *   PROGRAM    kind, source, decimals, lower, upper, default, seed, arguments (name, type,
 *              decimals)
 *   COMPILED   good, 0, "", error                 RESULT  good, number, JSON, error
 *   BATCH      n; for each argument n bytes of validity, then n numbers, or n lengths and
 *              the texts; n = 0 ends the rows of a block
 *   VALUES     n numbers                                                                */
#ifndef SANDBOX_WIRE_ROWWIRE_H
#define SANDBOX_WIRE_ROWWIRE_H

#include "datasite/base/limits.h"
#include "sandbox/wire/rowport.h"

#define ROW_BATCH_ROWS        512
#define ROW_PROGRAM_BYTES_MAX (SOURCE_BYTES_MAX + 16384)
#define ROW_BATCH_BYTES_MAX   (10 << 20)
#define ROW_RESULT_BYTES_MAX  (1 << 20)
#define ROW_MAP_MEMORY        (INT64_C(32) << 20) /* a map's image, and its copy */
#define ROW_MAP_CPU_MS        INT64_C(3600000)    /* the run's time ends it before */

/* Categories, dates and texts reach a program as text. */
static inline bool
row_type_is_text(const struct schema_column *c)
{
    return c->type == COL_CATEGORY || c->type == COL_DATE || schema_has_labels(c);
}

#endif
