/* field.h -- what a plan can name: a column, or something that a row computes from some. */
#ifndef SANDBOX_ENGINE_FIELD_H
#define SANDBOX_ENGINE_FIELD_H

#include "policies/schema.h"

struct expr;
struct lookup;
struct row_program;

enum field_kind {
    FIELD_COLUMN,  /* of the table */
    FIELD_DERIVED, /* an expression over earlier fields */
    FIELD_CLIPPED, /* an earlier field within narrower bounds */
    FIELD_LOOKUP,  /* what a public table says about an earlier field */
    FIELD_MAPPED   /* what a row program says about earlier fields */
};

struct field {
    struct schema_column type; /* name, type, decimals, nullable, bounds, categories */
    enum field_kind kind;
    size_t source;           /* COLUMN: index in the schema; CLIPPED, LOOKUP: a field */
    const struct expr *expr; /* DERIVED */
    const struct lookup *lookup;
    const struct row_program *program; /* MAPPED */
};

/* The fields made so far, and which of them names reach now. */
struct scope {
    struct field *fields;
    size_t fields_n, fields_max;
    size_t *visible;
    size_t visible_n;
};

/* NULL: no such field. */
const struct field *scope_find(const struct scope *s, struct str name);

#endif
