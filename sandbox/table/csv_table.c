/* csv_table.c -- CSV text to a whole table in memory. */
#include "sandbox/table/csv.h"

#include <string.h>

#define NO_MEMORY(d) FAIL(d, ERR_TOO_LARGE, "The upload needs too much memory.")

struct filling {
    struct table *t;
    size_t cap;
};

static enum err
fill_texts(struct diag *d, struct column *c, size_t from, size_t rows,
    const struct str *texts, const uint8_t *valid)
{
    if (c->labels == NULL)
        c->labels = labels_new();
    for (size_t i = 0; i < rows; i++) {
        uint32_t code = 0;
        if (c->labels == NULL ||
            (valid[i] != 0 && !labels_code(c->labels, texts[i], &code))) {
            return NO_MEMORY(d);
        }
        column_store(c, from + i, &(int64_t){code}, 1);
    }
    return ERR_OK;
}

static enum err
fill_segment(void *self, struct diag *d, size_t rows, int64_t *const *values,
    uint8_t *const *valid, const struct str *const *texts)
{
    struct filling *f = self;
    struct table *t = f->t;
    bool grow = t->rows + rows > f->cap;

    if (grow)
        f->cap = t->rows + rows > 2 * f->cap ? t->rows + rows : 2 * f->cap;
    for (size_t i = 0; i < t->schema->columns_n; i++) {
        struct column *c = &t->columns[i];
        if (grow)
            TRY(column_reserve(d, c, f->cap));
        column_store(c, t->rows, values[i], rows);
        if (c->valid != NULL)
            memcpy(c->valid + t->rows, valid[i], rows);
        if (texts[i] != NULL)
            TRY(fill_texts(d, c, t->rows, rows, texts[i], valid[i]));
    }
    t->rows += rows;
    return ERR_OK;
}

/* Columns exist even in a table without rows. */
static enum err
fill_empty(struct diag *d, struct table *t)
{
    for (size_t i = 0; i < t->schema->columns_n; i++) {
        struct column *c = &t->columns[i];
        if (c->values == NULL)
            TRY(column_reserve(d, c, 0));
        if (schema_has_labels(c->schema) && c->labels == NULL)
            c->labels = labels_new();
        if (schema_has_labels(c->schema) && c->labels == NULL)
            return NO_MEMORY(d);
    }
    return ERR_OK;
}

enum err
table_from_csv(struct diag *d, const struct schema *s, int fd, const uint8_t key[32],
    struct table *out, struct csv_report *report)
{
    struct filling f = {.t = out};
    struct csv_sink sink = {.self = &f, .segment = fill_segment};
    enum err err = table_init(d, s, out);

    if (err == ERR_OK)
        memcpy(out->key, key, sizeof out->key);
    if (err == ERR_OK)
        err = csv_load(d, s, fd, &sink, report);
    if (err == ERR_OK)
        err = fill_empty(d, out);
    if (err == ERR_OK)
        err = table_index(d, out);
    if (err != ERR_OK)
        table_release(out);
    return err;
}
