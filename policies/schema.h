/* schema.h -- what a dataset is declared to be: columns, types, bounds, privacy unit.
 *
 * The document of API.md section 3. Everything here is public: it is what the owner
 * declares, never what the data say. */
#ifndef POLICIES_SCHEMA_H
#define POLICIES_SCHEMA_H

#include "datasite/base/arena.h"
#include "datasite/base/json.h"
#include "datasite/base/limits.h"

enum column_type {
    COL_INTEGER,
    COL_DECIMAL,  /* fixed point: value * 10^decimals */
    COL_BOOLEAN,  /* 0 or 1 */
    COL_DATE,     /* days since 1970-01-01 */
    COL_CATEGORY, /* index into categories */
    COL_TEXT,     /* code of a dictionary that is private */
    COL_ID        /* like text; may only be the privacy unit or counted */
};

struct schema_column {
    char name[NAME_BYTES_MAX + 1];
    enum column_type type;
    int decimals;                  /* COL_DECIMAL */
    bool nullable;                 /* default true */
    bool bounded;                  /* lower and upper are declared */
    int64_t lower, upper;          /* in the column's fixed point */
    bool public_categories;        /* default true for COL_CATEGORY */
    const char *const *categories; /* COL_CATEGORY */
    size_t categories_n;
    char sensitivity[16]; /* "", "direct", "quasi", "sensitive", "public" */
};

struct schema {
    struct schema_column *columns;
    size_t columns_n;
    int unit_column;       /* index, or -1: one row is one person */
    int64_t unit_rows_max; /* 1 when unit_column is -1 */
};

/* Reads {"unit":…, "columns":[…]}; names the member at fault. Memory from a. */
enum err schema_parse(
    struct diag *d, struct arena *a, json_t *doc, struct schema *out) NODISCARD;
/* The document again, in canonical member order; owned by the caller, NULL: no memory. */
json_t *schema_json(const struct schema *s);
const struct schema_column *schema_find(const struct schema *s, struct str name);
const char *column_type_name(enum column_type t);

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
/* Proposes a schema document for CSV text; *out owned by the caller. Its bounds come from
 * the values, rounded outward: a starting point that the owner has to think over, since
 * what is declared is public. */
enum err schema_suggest(struct diag *d, struct str csv, json_t **out) NODISCARD;

#endif
