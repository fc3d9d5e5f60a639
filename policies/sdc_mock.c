/* sdc_mock.c -- what a mock may not share with the private data it stands in for: the
 * rules by name, and the one of whole rows. */
#include "policies/sdc_mock.h"

#include "datasite/base/check.h"

#include <math.h>

#define ROWS_LEAST    5
#define ROWS_SHARE    100 /* one in so many of the mock's rows */
#define ROWS_MANY     20  /* enough at any share */
#define UNUSUAL_SHARE 10  /* so many times more often than columns that go together */
#define COPY_CHANCE   1e-3

static const struct {
    const char *name, *text;
} rules[] = {
    [SDC_MOCK_ORDER] = {"row-order",
        "Row for row its values follow the private ones; make it without the data, or "
        "generate it from the schema."},
    [SDC_MOCK_VALUES] = {"values",
        "It holds values that single rows of the private data hold; draw them anew."},
    [SDC_MOCK_SHAPE] = {"sorted-values",
        "Sorted, shifted or scaled, its values are those of the private data, or those "
        "rounded; draw them anew."},
    [SDC_MOCK_TEXTS] = {"texts",
        "It holds texts that single rows of the private data hold; invent others."},
    [SDC_MOCK_ROWS] = {"rows",
        "Rows of the private data stand in it, whole or with few changes; it must hold "
        "none."},
};

const char *
sdc_mock_name(enum sdc_mock_rule r)
{
    CHECK((size_t)r < ARRAY_N(rules));
    return rules[r].name;
}

const char *
sdc_mock_text(enum sdc_mock_rule r)
{
    CHECK((size_t)r < ARRAY_N(rules));
    return rules[r].text;
}

bool
sdc_mock_rows(size_t matched, size_t unusual, size_t mock_n)
{
    return matched >= ROWS_MANY ||
        (unusual >= ROWS_MANY && unusual >= mock_n / UNUSUAL_SHARE) ||
        (matched >= ROWS_LEAST && matched >= mock_n / ROWS_SHARE);
}

bool
sdc_mock_copy(double ln, bool in_order)
{
    return ln < log(in_order ? COPY_CHANCE : SDC_MOCK_CHANCE);
}
