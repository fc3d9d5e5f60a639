/* vault.c -- private columns at rest: encrypted segments in vault.db.
 *
 * The site's vault key, in a file, wraps a data key of each version. A segment is sealed
 * under the data key and bound to its place: dataset, version, column with its shape,
 * number, rows. Moving a segment, or declaring its column anew, makes it unreadable. */
#include "sandbox/vault/vault.h"

#include "sandbox/vault/segment.h"
#include "sandbox/vault/vault_file.h"
#include "sandbox/vault/vault_seal.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define SEGMENT_BYTES_MAX ((size_t)64 << 20)

struct version_keys {
    unsigned char data[VAULT_KEY_BYTES];
    unsigned char truncation[32];
};

static void
version_keys_wipe(struct version_keys *k)
{
    sodium_memzero(k, sizeof *k);
}

#define KEYS_SCOPE(name) \
    struct version_keys name __attribute__((cleanup(version_keys_wipe))) = {{0}, {0}}

/* ---- storing ---- */

struct storing {
    struct vault *v;
    const struct schema *s;
    const char *dataset;
    int64_t version, number, rows;
    const struct version_keys *keys;
};

static enum err
store_segment(
    struct storing *st, struct diag *d, const struct vault_place *p, struct str plain)
{
    sqlite3_stmt *q = vault_bound(st->v, VAULT_SEGMENT_ADD, p->dataset, p->version);
    BUF_SCOPE(sealed);

    buf_init(&sealed, SEGMENT_BYTES_MAX);
    TRY(vault_seal(d, st->keys->data, p, plain, &sealed));
    sqlite3_bind_text(q, 3, p->column->name, -1, SQLITE_STATIC);
    sqlite3_bind_int64(q, 4, p->number);
    sqlite3_bind_int64(q, 5, p->rows);
    sqlite3_bind_blob64(q, 6, sealed.ptr, sealed.len, SQLITE_STATIC);
    return vault_finish(d, st->v, q);
}

static enum err
store_rows(void *self, struct diag *d, size_t rows, int64_t *const *values,
    uint8_t *const *valid, const struct str *const *texts)
{
    struct storing *st = self;

    for (size_t c = 0; c < st->s->columns_n; c++) {
        struct vault_place p = {
            st->dataset, st->version, &st->s->columns[c], st->number, (int64_t)rows};
        BUF_SCOPE(plain);
        buf_init(&plain, SEGMENT_BYTES_MAX);
        TRY(segment_pack(d, rows, values[c], valid[c], texts[c], &plain));
        TRY(store_segment(st, d, &p, buf_str(&plain)));
    }
    st->number++;
    st->rows += (int64_t)rows;
    return ERR_OK;
}

static enum err
store_keys(struct storing *st, struct diag *d)
{
    struct vault_place p = {.dataset = st->dataset, .version = st->version};
    sqlite3_stmt *q = vault_bound(st->v, VAULT_VERSION_ADD, st->dataset, st->version);
    struct str plain = {(const char *)st->keys, sizeof *st->keys};
    BUF_SCOPE(wrapped);

    buf_init(&wrapped, 4096);
    TRY(vault_seal(d, st->v->key, &p, plain, &wrapped));
    sqlite3_bind_blob64(q, 3, wrapped.ptr, wrapped.len, SQLITE_STATIC);
    return vault_finish(d, st->v, q);
}

static enum err
store_all(struct storing *st, struct diag *d, int fd, struct csv_report *report)
{
    struct csv_sink sink = {.self = st, .segment = store_rows};
    sqlite3_stmt *q;

    TRY(store_keys(st, d));
    TRY(csv_load(d, st->s, fd, &sink, report));
    q = vault_bound(st->v, VAULT_VERSION_CLOSE, st->dataset, st->version);
    sqlite3_bind_int64(q, 3, st->rows);
    sqlite3_bind_int64(q, 4, st->number);
    TRY(vault_finish(d, st->v, q));
    return vault_run(d, st->v, VAULT_COMMIT, NULL, 0);
}

enum err
vault_ingest(struct diag *d, struct vault *v, const char *dataset_id, int64_t version,
    const struct schema *s, int fd, struct csv_report *report)
{
    KEYS_SCOPE(keys);
    struct storing st = {
        .v = v, .s = s, .dataset = dataset_id, .version = version, .keys = &keys};
    enum err err;

    *report = (struct csv_report){0};
    randombytes_buf(&keys, sizeof keys);
    TRY(vault_run(d, v, VAULT_BEGIN, NULL, 0));
    err = store_all(&st, d, fd, report);
    if (err != ERR_OK) {
        struct diag ignored = {0}; /* the first failure is the one to tell */
        (void)!vault_run(&ignored, v, VAULT_ROLLBACK, NULL, 0);
    }
    return err;
}

/* ---- loading ---- */

struct loading {
    struct vault *v;
    struct vault_place at;
    int64_t segments;
    struct version_keys *keys;
    struct table *t;
};

static enum err
load_version(struct loading *l, struct diag *d)
{
    sqlite3_stmt *q =
        vault_bound(l->v, VAULT_VERSION_GET, l->at.dataset, l->at.version);
    unsigned char plain[sizeof *l->keys + VAULT_SEAL_BYTES];
    struct vault_place p = {.dataset = l->at.dataset, .version = l->at.version};
    struct str wrapped;
    enum err err;
    size_t n;

    int step = sqlite3_step(q);

    if (step == SQLITE_DONE)
        return FAIL(d, ERR_NOT_FOUND, "This version of the data is not stored.");
    if (step != SQLITE_ROW)
        return FAIL(d, ERR_DB, "The vault: %s.", sqlite3_errmsg(l->v->db));
    l->t->rows = (size_t)sqlite3_column_int64(q, 0);
    l->segments = sqlite3_column_int64(q, 1);
    wrapped =
        (struct str){sqlite3_column_blob(q, 2), (size_t)sqlite3_column_bytes(q, 2)};
    if (wrapped.len != sizeof plain)
        return FAIL(d, ERR_NOT_FOUND, "The key of these data has been destroyed.");
    err = vault_unseal(d, l->v->key, &p, wrapped, plain, &n);
    sqlite3_reset(q);
    if (err == ERR_OK)
        memcpy(l->keys, plain, sizeof *l->keys);
    sodium_memzero(plain, sizeof plain);
    return err;
}

static enum err
load_segment(
    struct loading *l, struct diag *d, struct column *c, size_t at, size_t *rows)
{
    sqlite3_stmt *q =
        vault_bound(l->v, VAULT_SEGMENT_GET, l->at.dataset, l->at.version);
    struct str sealed;
    char *plain;
    enum err err;
    size_t n = 0;

    sqlite3_bind_text(q, 3, c->schema->name, -1, SQLITE_STATIC);
    sqlite3_bind_int64(q, 4, l->at.number);
    if (sqlite3_step(q) != SQLITE_ROW)
        return FAIL(d, ERR_INTERNAL, "A stored segment is missing.");
    l->at.rows = sqlite3_column_int64(q, 0);
    *rows = (size_t)l->at.rows;
    sealed =
        (struct str){sqlite3_column_blob(q, 1), (size_t)sqlite3_column_bytes(q, 1)};
    plain = malloc(sealed.len + 1);
    if (plain == NULL)
        return VAULT_NO_MEMORY(d);
    err = vault_unseal(d, l->keys->data, &l->at, sealed, plain, &n);
    if (err == ERR_OK && *rows > l->t->rows - at)
        err = FAIL(d, ERR_INTERNAL, "Stored segments hold more rows than were stored.");
    if (err == ERR_OK)
        err = segment_unpack(d, (struct str){plain, n}, *rows, c, at);
    sodium_memzero(plain, n);
    free(plain);
    sqlite3_reset(q);
    return err;
}

static enum err
load_column(struct loading *l, struct diag *d, struct column *c)
{
    bool text = schema_has_labels(c->schema);
    size_t at = 0, rows = 0;

    TRY(column_reserve(d, c, l->t->rows));
    if (text && (c->labels = labels_new()) == NULL)
        return VAULT_NO_MEMORY(d);
    l->at.column = c->schema;
    for (l->at.number = 0; l->at.number < l->segments; l->at.number++) {
        TRY(load_segment(l, d, c, at, &rows));
        at += rows;
    }
    if (at != l->t->rows)
        return FAIL(
            d, ERR_INTERNAL, "Stored segments hold fewer rows than were stored.");
    return ERR_OK;
}

static enum err
load_all(struct loading *l, struct diag *d, const struct schema *s, const bool *wanted)
{
    TRY(table_init(d, s, l->t));
    TRY(load_version(l, d));
    for (size_t c = 0; c < s->columns_n; c++)
        if (wanted[c] || (int)c == s->unit_column)
            TRY(load_column(l, d, &l->t->columns[c]));
    memcpy(l->t->key, l->keys->truncation, sizeof l->t->key);
    return table_index(d, l->t);
}

enum err
vault_load(struct diag *d, struct vault *v, const char *dataset_id, int64_t version,
    const struct schema *s, const bool *wanted, struct table *out)
{
    KEYS_SCOPE(keys);
    struct loading l = {.v = v, .keys = &keys, .t = out};
    enum err err;

    l.at = (struct vault_place){.dataset = dataset_id, .version = version};
    err = load_all(&l, d, s, wanted);
    if (err != ERR_OK)
        table_release(out);
    return err;
}

/* ---- forgetting ---- */

enum err
vault_forget(struct diag *d, struct vault *v, const char *dataset_id, int64_t version)
{
    /* The key first, and out of the write-ahead log: from here on nobody can read. */
    TRY(vault_run(d, v, VAULT_VERSION_SHRED, dataset_id, version));
    TRY(vault_run(d, v, VAULT_CHECKPOINT, NULL, 0));
    TRY(vault_run(d, v, VAULT_SEGMENT_DROP, dataset_id, version));
    return vault_run(d, v, VAULT_VERSION_DROP, dataset_id, version);
}
