/* column.c -- tables in memory: columns, and rows by privacy unit. */
#include "sandbox/table/column.h"

#include "datasite/base/check.h"
#include "sandbox/table/kernel.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define NO_MEMORY(d)    FAIL(d, ERR_TOO_LARGE, "The table needs too much memory.")
#define HUGE_PAGE_BYTES ((size_t)2 << 20)

static int
width_between(int64_t lower, int64_t upper)
{
    if (lower >= INT8_MIN && upper <= INT8_MAX)
        return 1;
    if (lower >= INT16_MIN && upper <= INT16_MAX)
        return 2;
    return lower >= INT32_MIN && upper <= INT32_MAX ? 4 : 8;
}

/* Bytes that hold every value of the column. */
static int
width_of(const struct schema_column *c)
{
    switch (c->type) {
    case COL_INTEGER:
    case COL_DECIMAL:
        return c->bounded ? width_between(c->lower, c->upper) : 8;
    case COL_BOOLEAN:
        return 1;
    case COL_DATE: /* years 1 to 9999 */
    case COL_TEXT: /* codes stay below 2^31 */
    case COL_ID:
        return 4;
    case COL_CATEGORY:
        return width_between(0, (int64_t)c->categories_n - 1);
    }
    UNREACHABLE();
}

enum err
table_init(struct diag *d, const struct schema *s, struct table *out)
{
    *out = (struct table){.schema = s};
    out->columns = calloc(s->columns_n, sizeof *out->columns);
    if (out->columns == NULL)
        return NO_MEMORY(d);
    for (size_t i = 0; i < s->columns_n; i++) {
        out->columns[i].schema = &s->columns[i];
        out->columns[i].width = width_of(&s->columns[i]);
    }
    return ERR_OK;
}

/* Grows in place where it can. Big arrays ask for huge pages: touching fresh memory a
 * small page at a time costs more than filling it. */
static void *
array_grow(void *old, size_t size, size_t n)
{
    size_t bytes;
    void *p;

    if (__builtin_mul_overflow(size, n > 0 ? n : 1, &bytes))
        return NULL;
    p = realloc(old, bytes);
    if (p != NULL && bytes >= HUGE_PAGE_BYTES) {
        uintptr_t from = ((uintptr_t)p + HUGE_PAGE_BYTES - 1) & ~(HUGE_PAGE_BYTES - 1);
        uintptr_t to = ((uintptr_t)p + bytes) & ~(HUGE_PAGE_BYTES - 1);
        if (to > from) /* advice only */
            (void)madvise((void *)from, to - from, MADV_HUGEPAGE);
    }
    return p;
}

enum err
column_reserve(struct diag *d, struct column *c, size_t rows)
{
    void *values = array_grow(c->values, (size_t)c->width, rows);
    uint8_t *valid;

    if (values == NULL)
        return NO_MEMORY(d);
    c->values = values;
    if (!c->schema->nullable)
        return ERR_OK;
    valid = array_grow(c->valid, sizeof *valid, rows);
    if (valid == NULL)
        return NO_MEMORY(d);
    c->valid = valid;
    return ERR_OK;
}

/* ---- values ---- */

static int64_t
within(int64_t v, int64_t lower, int64_t upper)
{
    return v < lower ? lower : v > upper ? upper : v;
}

#define STORE(type)                \
    for (size_t i = 0; i < n; i++) \
        ((type *)c->values)[at + i] = (type)within(values[i], lower, upper);

void
column_store(struct column *c, size_t at, const int64_t *values, size_t n)
{
    int64_t lower = c->schema->bounded ? c->schema->lower : INT64_MIN;
    int64_t upper = c->schema->bounded ? c->schema->upper : INT64_MAX;

    if (c->width == 1) {
        STORE(int8_t)
    } else if (c->width == 2) {
        STORE(int16_t)
    } else if (c->width == 4) {
        STORE(int32_t)
    } else {
        STORE(int64_t)
    }
}

void
column_fetch(const struct column *c, size_t at, size_t n, int64_t *out)
{
    const char *from = (const char *)c->values + at * (size_t)c->width;

    kernel_widen(from, c->width, n, out);
}

int64_t
column_value(const struct column *c, size_t row)
{
    int64_t v;

    column_fetch(c, row, 1, &v);
    return v;
}

/* ---- units ---- */

/* What a unit is called, for hashing: its text, or its number's bytes in *scratch. */
static struct str
unit_name(const struct column *c, size_t row, int64_t *scratch)
{
    *scratch = column_value(c, row);
    if (c->labels != NULL)
        return labels_text(c->labels, (size_t)*scratch);
    return (struct str){(const char *)scratch, sizeof *scratch};
}

/* Numbers the units in order of appearance. */
static enum err
units_number(struct diag *d, const struct column *c, size_t rows, struct units *u)
{
    struct labels *seen;
    enum err err = ERR_OK;
    int64_t scratch;

    if (c->labels != NULL) { /* codes of a dictionary are dense already */
        for (size_t i = 0; i < rows; i++)
            u->of_row[i] = (uint32_t)column_value(c, i);
        u->n = labels_n(c->labels);
        return ERR_OK;
    }
    seen = labels_new();
    if (seen == NULL)
        return NO_MEMORY(d);
    for (size_t i = 0; err == ERR_OK && i < rows; i++)
        if (!labels_code(seen, unit_name(c, i, &scratch), &u->of_row[i]))
            err = NO_MEMORY(d);
    u->n = labels_n(seen);
    labels_free(seen);
    return err;
}

/* Rows unit after unit, in file order within a unit. */
static void
units_gather(struct units *u, size_t rows)
{
    for (size_t i = 0; i < rows; i++)
        u->starts[u->of_row[i] + 1]++;
    for (size_t i = 0; i < u->n; i++)
        u->starts[i + 1] += u->starts[i];
    for (size_t i = 0; i < rows; i++)
        u->rows[u->starts[u->of_row[i]]++] = (uint32_t)i;
    /* Each start has run to its unit's end, which is the next one's start. */
    memmove(u->starts + 1, u->starts, u->n * sizeof *u->starts);
    u->starts[0] = 0;
}

struct ranked {
    uint64_t rank;
    uint32_t row, occurrence;
};

static int
by_rank(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;

    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return (x->occurrence > y->occurrence) - (x->occurrence < y->occurrence);
}

/* SipHash is a pseudorandom function under a secret key: 64 bits of it order the rows. */
static uint64_t
keyed_hash(const uint8_t key[32], struct str s)
{
    uint64_t h;

    _Static_assert(crypto_shorthash_KEYBYTES <= 32, "the table's key is long enough");
    crypto_shorthash((unsigned char *)&h, (const unsigned char *)s.ptr, s.len, key);
    return h;
}

static void
unit_sort(const struct table *t, struct str name, uint32_t *rows, size_t n,
    struct ranked *scratch)
{
    uint64_t words[2] = {keyed_hash(t->key, name), 0};

    for (size_t i = 0; i < n; i++) {
        words[1] = i;
        scratch[i] = (struct ranked){.row = rows[i], .occurrence = (uint32_t)i};
        scratch[i].rank =
            keyed_hash(t->key, (struct str){(const char *)words, sizeof words});
    }
    qsort(scratch, n, sizeof *scratch, by_rank);
    for (size_t i = 0; i < n; i++)
        rows[i] = scratch[i].row;
}

static enum err
units_sort(struct diag *d, const struct table *t, const struct column *c)
{
    const struct units *u = t->units;
    struct ranked *ranked;
    size_t most = 0;
    int64_t scratch = 0;

    for (size_t i = 0; i < u->n; i++)
        if (u->starts[i + 1] - u->starts[i] > most)
            most = u->starts[i + 1] - u->starts[i];
    ranked = calloc(most + 1, sizeof *ranked);
    if (ranked == NULL)
        return NO_MEMORY(d);
    for (size_t i = 0; i < u->n; i++) {
        uint32_t *rows = u->rows + u->starts[i];
        size_t n = u->starts[i + 1] - u->starts[i];
        if (n > 1)
            unit_sort(t, unit_name(c, rows[0], &scratch), rows, n, ranked);
    }
    free(ranked);
    return ERR_OK;
}

enum err
table_index(struct diag *d, struct table *t)
{
    const struct column *c;
    struct units *u;

    if (t->schema->unit_column < 0)
        return ERR_OK;
    c = &t->columns[t->schema->unit_column];
    CHECK(c->values != NULL);
    if (t->rows >= UINT32_MAX)
        return NO_MEMORY(d);
    t->units = u = calloc(1, sizeof *u);
    if (u == NULL)
        return NO_MEMORY(d);
    u->of_row = array_grow(NULL, sizeof *u->of_row, t->rows);
    u->rows = array_grow(NULL, sizeof *u->rows, t->rows);
    t->kept = array_grow(NULL, 1, t->rows);
    if (u->of_row == NULL || u->rows == NULL || t->kept == NULL)
        return NO_MEMORY(d);
    TRY(units_number(d, c, t->rows, u));
    u->starts = calloc(u->n + 2, sizeof *u->starts);
    if (u->starts == NULL)
        return NO_MEMORY(d);
    units_gather(u, t->rows);
    TRY(units_sort(d, t, c));
    memset(t->kept, 1, t->rows);
    table_truncate(t, t->schema->unit_rows_max, t->kept);
    return ERR_OK;
}

uint64_t
table_hash(const struct table *t, struct str s)
{
    return keyed_hash(t->key, s);
}

uint64_t
table_unit_hash(const struct table *t, size_t row)
{
    const struct column *c = &t->columns[t->schema->unit_column];
    int64_t scratch;
    uint64_t words[2] = {keyed_hash(t->key, unit_name(c, row, &scratch)), UINT64_MAX};

    return table_hash(t, (struct str){(const char *)words, sizeof words});
}

uint64_t
table_person_hash(const struct table *t, const uint8_t key[32], size_t row)
{
    int64_t scratch;

    return keyed_hash(
        key, unit_name(&t->columns[t->schema->unit_column], row, &scratch));
}

uint64_t
table_row_hash(const struct table *t, const uint8_t key[32], size_t row)
{
    uint64_t words[3] = {0}; /* what went before; is it null; its value or text */
    int64_t scratch;

    for (size_t i = 0; i < t->schema->columns_n; i++) {
        const struct column *c = &t->columns[i];
        if (c->values == NULL)
            continue;
        words[1] = c->valid != NULL && c->valid[row] == 0;
        words[2] = 0;
        if (words[1] == 0)
            words[2] = c->labels != NULL ? keyed_hash(key, unit_name(c, row, &scratch))
                                         : (uint64_t)column_value(c, row);
        words[0] = keyed_hash(key, (struct str){(const char *)words, sizeof words});
    }
    return words[0];
}

void
table_truncate(const struct table *t, int64_t rows_max, uint8_t *mask)
{
    const struct units *u = t->units;

    if (u == NULL)
        return;
    for (size_t i = 0; i < u->n; i++) {
        int64_t left = rows_max;
        for (uint32_t k = u->starts[i]; k < u->starts[i + 1]; k++) {
            uint8_t *m = &mask[u->rows[k]];
            *m &= left > 0;
            left -= *m;
        }
    }
}

/* ---- the end ---- */

void
table_release(struct table *t)
{
    if (t->columns == NULL)
        return;
    for (size_t i = 0; i < t->schema->columns_n; i++) {
        free(t->columns[i].values);
        free(t->columns[i].valid);
        labels_free(t->columns[i].labels);
    }
    free(t->columns);
    if (t->units != NULL) {
        free(t->units->of_row);
        free(t->units->rows);
        free(t->units->starts);
        free(t->units);
    }
    free(t->kept);
    sodium_memzero(t->key, sizeof t->key);
    *t = (struct table){0};
}

void
table_release_p(struct table *t)
{
    table_release(t);
}
