/* column.h -- typed columns: dense integers and one validity byte a row. No floats.
 *
 * Numbers are clamped to their declared bounds as they come in, so that whatever reads a
 * column sees what the schema promises, and are kept as narrow as the schema allows. */
#ifndef SANDBOX_TABLE_COLUMN_H
#define SANDBOX_TABLE_COLUMN_H

#include "datasite/base/units.h"
#include "policies/schema.h"
#include "sandbox/table/labels.h"

/* A loaded column. Text and id columns hold codes of labels, whose order says nothing
 * that leaves the process. A null row has valid[i] == 0 and
 * some value within the bounds. */
struct column {
    const struct schema_column *schema;
    int width;             /* bytes a value: 1, 2, 4 or 8; from the schema alone */
    void *values;          /* signed integers of that width; NULL: not loaded */
    uint8_t *valid;        /* NULL: the schema says there are no nulls */
    struct labels *labels; /* COL_TEXT, COL_ID: the dictionary */
};

/* Rows by privacy unit. Within a unit they stand in the order of a keyed hash of the
 * unit and the row's place among the unit's own rows: which rows a truncation keeps
 * depends on that unit alone, and nobody without the key can steer it. */
struct units {
    size_t n;
    uint32_t *of_row; /* dense number of each row's unit */
    uint32_t *rows;   /* row numbers, unit after unit */
    uint32_t *starts; /* n + 1 offsets into rows */
};

/* Columns that were not loaded have values == NULL. Memory belongs to the table. */
struct table {
    const struct schema *schema; /* borrowed; outlives the table */
    struct column *columns;      /* schema->columns_n of them */
    size_t rows;
    struct units *units; /* NULL: each row is its own unit */
    uint8_t *kept;       /* 1: among the first unit_rows_max of its unit; NULL: all */
    uint8_t key[32];     /* secret of the dataset version, for keyed truncation */
};

/* A table without columns yet. */
enum err table_init(
    struct diag *d, const struct schema *s, struct table *out) NODISCARD;
/* Room for rows of a column; what was there stays. */
enum err column_reserve(struct diag *d, struct column *c, size_t rows) NODISCARD;
/* Stores n values from row `at` on, clamped to the bounds; room must be there. */
void column_store(struct column *c, size_t at, const int64_t *values, size_t n);
/* Fetches n values from row `at` on. */
void column_fetch(const struct column *c, size_t at, size_t n, int64_t *out);
int64_t column_value(const struct column *c, size_t row);
/* Numbers the units and marks the rows that are kept, once all rows are there. The unit
 * column, if there is one, must be loaded. */
enum err table_index(struct diag *d, struct table *t) NODISCARD;
/* Of a text, and of a row's unit, under the table's secret key: the same wherever in the
 * table it stands. There must be units. */
uint64_t table_hash(const struct table *t, struct str s);
uint64_t table_unit_hash(const struct table *t, size_t row);
/* Of what is loaded of a row, and of its person alone, under a key of the caller's: the
 * same in tables of one schema that have the same columns loaded. */
uint64_t table_row_hash(const struct table *t, const uint8_t key[32], size_t row);
uint64_t table_person_hash(const struct table *t, const uint8_t key[32], size_t row);
/* Clears mask where more than rows_max rows of one unit are set, in keyed order. */
void table_truncate(const struct table *t, int64_t rows_max, uint8_t *mask);
void table_release(struct table *t);
void table_release_p(struct table *t); /* for cleanup scopes */

#endif
