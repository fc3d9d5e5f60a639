/* sdc_history.h -- do told cells, added and subtracted, tell of a few persons?
 *
 * A cell is the set of rows that its number was made from. Thresholds on single cells do
 * not see that "all" less "all but one" is one. What is looked for here is a combination
 * of cells, at least one of them new, in which the rows that do not cancel belong to
 * somebody, and to fewer persons than `least`.
 *
 *   what is found                                        how, and when it is missed
 *   two cells that differ in few persons                 all pairs; never
 *   a cell that is two others together, but for a few    all triples; never
 *   any number of cells with weights of whole numbers,   elimination over bits: a
 *   such as a total less all parts of a partition        single row never; of several,
 *                                                        when two are drawn as pivots
 *                                                        in every trial (sdc_span.h)
 *
 * Whatever is refused can be computed: candidates of the last kind count only where the
 * combination exists in rational numbers. Cells of fewer persons than `least` are other
 * rules' concern and are left out.
 *
 * The cost, for n cells of which m are new, over w words of 64 rows: m n w / 2 at most
 * for pairs, m n^2 comparisons of sizes for triples, n^2 w / 4 a trial. Beyond
 * SDC_HISTORY_CELLS_MAX cells, and where triples are more than are tried, the verdict
 * says that it is not complete. */
#ifndef POLICIES_SDC_HISTORY_H
#define POLICIES_SDC_HISTORY_H

#include "datasite/base/arena.h"
#include "datasite/base/err.h"

#include <stddef.h>
#include <stdint.h>

#define SDC_SOURCES_MAX       16 /* of a combination, that are named */
#define SDC_HISTORY_CELLS_MAX 5000

/* Whose the rows are. */
struct sdc_people {
    size_t rows;
    const uint32_t *of_row; /* below n; NULL: each row is a person */
    size_t n;
    /* Where rows have no identity: sets of them that stood together at one time. A person
     * may have a row in each, so that rows are of as many persons as one set has. */
    const uint64_t *const *together;
    size_t together_n;
};

struct sdc_told {
    const uint64_t *rows; /* a bit a row; none beyond the last */
    size_t source;        /* where it was told, for the caller */
    bool is_new;
};

struct sdc_difference {
    bool found;
    bool with_old; /* not among new cells alone; one like this is named before those */
    size_t sources[SDC_SOURCES_MAX]; /* of its cells, each once; the first is new */
    size_t sources_n;
    bool complete; /* all was looked at that the table above names */
};

/* The seed decides what elimination starts from; nobody who asks may know it. */
enum err sdc_history_check(struct diag *d, struct arena *a,
    const struct sdc_people *people, const struct sdc_told *cells, size_t cells_n,
    int64_t least, uint64_t seed, struct sdc_difference *out) NODISCARD;

#endif
