/* sdc_mock.h -- what a mock may not share with the private data it stands in for.
 *
 * Each rule asks one question of one column (or of whole rows) and answers yes only when
 * chance cannot explain what is seen: at most SDC_MOCK_CHANCE that two tables made apart
 * are taken for one another. Nothing here leaves the process but the answer. Real
 * numbers are of the detector's statistics; values stay integers. */
#ifndef POLICIES_SDC_MOCK_H
#define POLICIES_SDC_MOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SDC_MOCK_CHANCE 1e-10

enum sdc_mock_rule {
    SDC_MOCK_ORDER,  /* row for row, the mock goes up and down with the data */
    SDC_MOCK_VALUES, /* it holds values that are rare in the data, and not their like */
    SDC_MOCK_SHAPE,  /* sorted, it lies closer to the data than another sample could */
    SDC_MOCK_TEXTS,  /* it holds names that only single rows of the data hold */
    SDC_MOCK_ROWS,   /* whole rows, or rows but for a few columns, are the data's */
    SDC_MOCK_RULES_N
};
#define SDC_MOCK_ALL ((1u << SDC_MOCK_RULES_N) - 1)

const char *sdc_mock_name(enum sdc_mock_rule r); /* "row-order" */
/* What the rule saw and how to mend it, for the owner. */
const char *sdc_mock_text(enum sdc_mock_rule r);

/* Do the values come again and again in one order (A, B, C, A, B, C, …)? Then a rule hands
 * them out, and a mock made by the same rule tells of nobody. */
bool sdc_mock_rhythm(const int64_t *v, size_t n, bool *broken);
/* Values of rows i of data and mock side by side, nulls left out. Sorts nothing in
 * place; false also where memory ends, with *broken set. */
bool sdc_mock_order(const int64_t *data, const int64_t *mock, size_t n, bool *broken);

/* Sorted values; those that come again stand side by side. */
struct sdc_sorted {
    const int64_t *v;
    size_t n;
};

/* holders_max: a data value that more rows hold tells nothing of any of them. */
bool sdc_mock_values(
    struct sdc_sorted data, struct sdc_sorted mock, int64_t holders_max, bool *broken);
bool sdc_mock_shape(struct sdc_sorted data, struct sdc_sorted mock, bool *broken);
/* matched of mock_n different texts stand in exactly one of data_n rows, of which
 * data_single hold a text that no other row holds. */
bool sdc_mock_texts(size_t matched, size_t mock_n, size_t data_single, size_t data_n);

/* The natural logarithm of how many rows of the data would hold what one row holds in
 * some columns, were columns independent: ln(rows) + sum of ln(share of each value). A
 * row below the bound does not come again by chance. */
#define SDC_MOCK_ROW_LN     (-13.8) /* one in a million */
#define SDC_MOCK_UNUSUAL_LN (-6.9)  /* one in a thousand: one alone says nothing */
/* Of mock_n rows so many are the data's and below the one bound, and below the other. */
bool sdc_mock_rows(size_t matched, size_t unusual, size_t mock_n);
/* Every row of the mock stands in the data. ln: of the chance of that, were both made
 * apart. in_order: the first in the first place and so on, row numbers and persons too;
 * then even a table of three rows is taken for what it looks like. */
bool sdc_mock_copy(double ln, bool in_order);

#endif
