/* schema_value.h -- what stands in a field of CSV, as a column's integer, and back. */
#ifndef POLICIES_SCHEMA_VALUE_H
#define POLICIES_SCHEMA_VALUE_H

#include "policies/schema.h"

/* Reads one field of text as the column's value: fixed point, 0/1, days, or the index of
 * a declared category. NULL when it is one, else what is wrong, without the text itself.
 * Text and id columns accept any UTF-8 without NUL and give 0. Numbers may have an
 * exponent (1e+05); digits beyond the declared places may only be zeros, or the tail of a binary
 * number that was printed with more digits than it has (0.21560000000000001). */
const char *schema_value(const struct schema_column *c, struct str text, int64_t *out);
/* The inverse for numbers, booleans, dates and categories: how a CSV writes the value.
 * Borrowed from c, or held by scratch. */
const char *schema_text(const struct schema_column *c, int64_t value, char scratch[32]);
/* "1987-01-31" to days since 1970-01-01 and back; years 0001 to 9999. */
bool date_parse(struct str s, int64_t *days);
char *date_text(int64_t days, char out[32]);

#endif
