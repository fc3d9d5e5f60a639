/* sdc_table.h -- a table of counts by two keys that may leave with its margins.
 *
 * Rows and columns come with their totals and the total of all. A cell of few persons is
 * withheld (primary); further cells are withheld (complementary) until nothing that is
 * withheld follows from what is told. The proof is by linear algebra: a withheld cell
 * follows exactly when it lies on no cycle of withheld cells, as rows and columns of a
 * bipartite graph. Margins are told; a margin that is small itself is refused before. */
#ifndef POLICIES_SDC_TABLE_H
#define POLICIES_SDC_TABLE_H

#include "datasite/base/arena.h"
#include "datasite/base/err.h"

#include <stddef.h>
#include <stdint.h>

struct sdc_table {
    size_t rows, columns;
    const int64_t *counts; /* rows * columns, row after row; none below 0 */
};

/* Sets withheld[i] to 1 for cells that may not be told: those of 1 … least - 1 persons,
 * and as many more as it takes. ERR_UNPROCESSABLE: no choice of cells hides one, as in a
 * row or column that has a single cell. */
enum err sdc_table_withhold(struct diag *d, struct arena *a, const struct sdc_table *t,
    int64_t least, uint8_t *withheld) NODISCARD;
/* Does a withheld cell follow from the others and the margins? */
enum err sdc_table_follows(struct diag *d, struct arena *a, const struct sdc_table *t,
    const uint8_t *withheld, size_t cell, bool *out) NODISCARD;

/* The multiple of base that is nearest, halves up; counts are not below 0. */
int64_t sdc_rounded(int64_t count, int64_t base);
/* The middle of the block of base counts that it falls in, 0 for none: OpenSAFELY's
 * midpoint rounding with base 6. */
int64_t sdc_midpoint(int64_t count, int64_t base);

#endif
