/* sdc_table.h -- a table of counts by two keys that may leave with its margins.
 *
 * Rows and columns come with their totals and the total of all. A cell of few persons is
 * withheld (primary); further cells are withheld (complementary) until nothing that is
 * withheld follows from what is told. The proof is by linear algebra: a withheld cell
 * follows exactly when it lies on no cycle of withheld cells, as rows and columns of a
 * bipartite graph. What a row or a column withholds in all follows from its margin, so
 * that has to stand for enough persons, too. */
#ifndef POLICIES_SDC_TABLE_H
#define POLICIES_SDC_TABLE_H

#include "datasite/base/arena.h"
#include "datasite/base/err.h"
#include "policies/sdc_cells.h"

#include <stddef.h>
#include <stdint.h>

struct sdc_table {
    size_t rows, columns;
    const int64_t *counts; /* rows * columns, row after row; none below 0 */
};

/* Adds to what is withheld until no withheld cell follows from the others and the margins,
 * and the withheld cells of each row and column stand for `least` persons together, or
 * are all it has. persons: by cell. A table of one row or column has no margins but its
 * total. ERR_UNPROCESSABLE: no choice of cells hides one. */
enum err sdc_table_complete(struct diag *d, struct arena *a, const struct sdc_table *t,
    const int64_t *persons, int64_t least, uint8_t *withheld) NODISCARD;

/* A table by any number of keys, of which margins over some of the keys may be known. */
#define SDC_AXES_MAX 8
struct sdc_cube {
    size_t axes;
    size_t sizes[SDC_AXES_MAX]; /* of the axes; the last runs fastest */
    const int64_t *counts;
};

/* The same for a cube. Every withheld cell becomes a corner of a box of withheld cells:
 * adding 1 and -1 in turn to its corners leaves all margins as they are. */
enum err sdc_cube_complete(struct diag *d, struct arena *a, const struct sdc_cube *c,
    const int64_t *persons, int64_t least, uint8_t *withheld) NODISCARD;

/* Cells that fail a rule, and what gives them away; all 0 where there is nothing to
 * withhold, or nothing that helps. counts of the cube are not looked at. */
enum err sdc_withhold(struct diag *d, struct arena *a, const struct sdc_limits *l,
    const struct sdc_evidence *e, const struct sdc_cube *shape,
    uint8_t *withheld) NODISCARD;

/* The multiple of base that is nearest, halves up; counts are not below 0. */
int64_t sdc_rounded(int64_t count, int64_t base);

#endif
