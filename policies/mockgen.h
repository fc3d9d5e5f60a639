/* mockgen.h -- tables that only a schema and a seed determine. */
#ifndef POLICIES_MOCKGEN_H
#define POLICIES_MOCKGEN_H

#include "policies/schema.h"

/* A table that only the schema and the seed determine, as CSV with header: uniform
 * within bounds and categories, units with 1..max_rows rows. For mocks. */
enum err schema_mock_csv(struct diag *d, const struct schema *s, int64_t rows,
    uint64_t seed, struct buf *out) NODISCARD;

/* Mocks that a script seldom thinks of: for trying it, never to be shown. */
enum mock_kind {
    MOCK_PLAIN,
    MOCK_NO_ROWS,
    MOCK_ONE_GROUP, /* all rows have the last declared category: the other groups are empty */
    MOCK_NULLS,    /* whatever may be null is */
    MOCK_EXTREMES, /* bounds, or what a number, a date and a text can be at most */
    MOCK_KINDS_N
};
const char *schema_mock_name(enum mock_kind k); /* "all-null" */
enum err schema_awkward_csv(struct diag *d, const struct schema *s, enum mock_kind kind,
    int64_t rows, struct buf *out) NODISCARD;

#endif
