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

/* Are its values codes of a dictionary, which each table has of its own? */
static inline bool
schema_has_labels(const struct schema_column *c)
{
    return c->type == COL_TEXT || c->type == COL_ID;
}

#endif
