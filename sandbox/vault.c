/* vault.c -- private columns at rest: encrypted segments in vault.db.
 *
 * The site's vault key, in a file, wraps a data key of each version. A segment is sealed
 * under the data key and bound to its place: dataset, version, column with its shape,
 * number, rows. Moving a segment, or declaring its column anew, makes it unreadable. */
#include "sandbox/vault.h"

#include "datasite/base/check.h"
#include "datasite/base/digest.h"
#include "datasite/base/embed.h"
#include "datasite/base/fdio.h"
#include "datasite/store/migrate.h"
#include "sandbox/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEY_BYTES         crypto_aead_xchacha20poly1305_ietf_KEYBYTES
#define NONCE_BYTES       crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define SEAL_BYTES        (NONCE_BYTES + crypto_aead_xchacha20poly1305_ietf_ABYTES)
#define SEGMENT_BYTES_MAX ((size_t)64 << 20)
#define NO_MEMORY(d)      FAIL(d, ERR_TOO_LARGE, "The vault needs too much memory.")

_Static_assert(KEY_BYTES == 32, "keys are 32 bytes");

enum statement {
    VAULT_BEGIN,
    VAULT_COMMIT,
    VAULT_ROLLBACK,
    VAULT_CHECKPOINT,
    VAULT_VERSION_ADD,
    VAULT_VERSION_CLOSE,
    VAULT_VERSION_GET,
    VAULT_VERSION_SHRED,
    VAULT_VERSION_DROP,
    VAULT_SEGMENT_ADD,
    VAULT_SEGMENT_GET,
    VAULT_SEGMENT_DROP,
    VAULT_STATEMENTS
};

static const char *const statement_files[VAULT_STATEMENTS] = {
    [VAULT_BEGIN] = "schema/vault/begin.sql",
    [VAULT_COMMIT] = "schema/vault/commit.sql",
    [VAULT_ROLLBACK] = "schema/vault/rollback.sql",
    [VAULT_CHECKPOINT] = "schema/vault/checkpoint.sql",
    [VAULT_VERSION_ADD] = "schema/vault/version_add.sql",
    [VAULT_VERSION_CLOSE] = "schema/vault/version_close.sql",
    [VAULT_VERSION_GET] = "schema/vault/version_get.sql",
    [VAULT_VERSION_SHRED] = "schema/vault/version_shred.sql",
    [VAULT_VERSION_DROP] = "schema/vault/version_drop.sql",
    [VAULT_SEGMENT_ADD] = "schema/vault/segment_add.sql",
    [VAULT_SEGMENT_GET] = "schema/vault/segment_get.sql",
    [VAULT_SEGMENT_DROP] = "schema/vault/segment_drop.sql",
};

struct vault {
    sqlite3 *db;
    sqlite3_stmt *statements[VAULT_STATEMENTS];
    unsigned char *key; /* locked memory */
};

struct version_keys {
    unsigned char data[KEY_BYTES];
    unsigned char truncation[32];
};

static void
version_keys_wipe(struct version_keys *k)
{
    sodium_memzero(k, sizeof *k);
}

#define KEYS_SCOPE(name) \
    struct version_keys name __attribute__((cleanup(version_keys_wipe))) = {{0}, {0}}

/* ---- opening ---- */

static struct str
embedded_text(const char *path)
{
    for (size_t i = 0; i < embedded_n; i++)
        if (strcmp(embedded[i].path, path) == 0)
            return embedded[i].bytes;
    check_failed(path, __FILE__, __LINE__);
}

static enum err
db_failed(struct diag *d, const struct vault *v)
{
    return FAIL(d, ERR_DB, "The vault failed: %s.", sqlite3_errmsg(v->db));
}

/* Makes the key at first use; two processes that do so at once agree on one. */
static enum err
key_make(struct diag *d, const char *path)
{
    unsigned char key[KEY_BYTES];
    FD_SCOPE(fd) = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
    enum err err;

    if (fd == -1 && errno == EEXIST)
        return ERR_OK;
    if (fd == -1)
        return FAIL(d, ERR_IO, "The vault key %s: %s.", path, strerror(errno));
    randombytes_buf(key, sizeof key);
    err = fd_write_all(d, fd, key, sizeof key);
    sodium_memzero(key, sizeof key);
    if (err == ERR_OK && fsync(fd) == -1)
        err = FAIL(d, ERR_IO, "The vault key %s: %s.", path, strerror(errno));
    return err;
}

static enum err
key_load(struct diag *d, const char *path, unsigned char *key)
{
    unsigned char more;

    TRY(key_make(d, path));
    FD_SCOPE(fd) = open(path, O_RDONLY | O_CLOEXEC);
    if (fd == -1)
        return FAIL(d, ERR_IO, "The vault key %s: %s.", path, strerror(errno));
    if (read(fd, key, KEY_BYTES) != (ssize_t)KEY_BYTES || read(fd, &more, 1) != 0)
        return FAIL(d, ERR_IO, "The vault key %s does not hold 32 bytes.", path);
    return ERR_OK;
}

static enum err
statements_prepare(struct diag *d, struct vault *v)
{
    for (size_t i = 0; i < VAULT_STATEMENTS; i++) {
        struct str sql = embedded_text(statement_files[i]);
        if (sqlite3_prepare_v3(v->db, sql.ptr, (int)sql.len, SQLITE_PREPARE_PERSISTENT,
                &v->statements[i], NULL) != SQLITE_OK) {
            return db_failed(d, v);
        }
    }
    return ERR_OK;
}

static enum err
vault_prepare(
    struct diag *d, const char *db_path, const char *key_path, struct vault *v)
{
    struct migration first = {"001_init", embedded_text("schema/vault/001_init.sql")};
    struct str pragmas = embedded_text("schema/vault/open.sql");
    int from, to;

    v->key = sodium_malloc(KEY_BYTES);
    if (v->key == NULL)
        return NO_MEMORY(d);
    TRY(key_load(d, key_path, v->key));
    if (sqlite3_open_v2(db_path, &v->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
            NULL) != SQLITE_OK) {
        return db_failed(d, v);
    }
    /* The log stays when the last connection closes: the next one may be opening it. */
    if (sqlite3_db_config(v->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL) !=
        SQLITE_OK)
        return db_failed(d, v);
    if (sqlite3_exec(v->db, pragmas.ptr, NULL, NULL, NULL) != SQLITE_OK)
        return db_failed(d, v);
    TRY(migrate_run(d, db_path, &first, 1, &from, &to));
    return statements_prepare(d, v);
}

enum err
vault_open(
    struct diag *d, const char *db_path, const char *key_path, struct vault **out)
{
    struct vault *v;
    enum err err;

    *out = NULL;
    if (sodium_init() < 0)
        return FAIL(d, ERR_INTERNAL, "libsodium does not start.");
    v = calloc(1, sizeof *v);
    if (v == NULL)
        return NO_MEMORY(d);
    err = vault_prepare(d, db_path, key_path, v);
    if (err != ERR_OK) {
        vault_close(v);
        return err;
    }
    *out = v;
    return ERR_OK;
}

void
vault_close(struct vault *v)
{
    if (v == NULL)
        return;
    for (size_t i = 0; i < VAULT_STATEMENTS; i++)
        sqlite3_finalize(v->statements[i]);
    sqlite3_close(v->db);
    sodium_free(v->key);
    free(v);
}

/* ---- statements ---- */

/* A statement bound to a version of a dataset, ready for further parameters. */
static sqlite3_stmt *
bound(struct vault *v, enum statement id, const char *dataset, int64_t version)
{
    sqlite3_stmt *q = v->statements[id];

    sqlite3_reset(q);
    sqlite3_clear_bindings(q);
    if (dataset != NULL) {
        sqlite3_bind_text(q, 1, dataset, -1, SQLITE_STATIC);
        sqlite3_bind_int64(q, 2, version);
    }
    return q;
}

/* Runs to the end; a row that comes first is passed over. */
static enum err
finish(struct diag *d, struct vault *v, sqlite3_stmt *q)
{
    int rc;

    do {
        rc = sqlite3_step(q);
    } while (rc == SQLITE_ROW);
    sqlite3_reset(q);
    if (rc == SQLITE_CONSTRAINT)
        return FAIL(d, ERR_CONFLICT, "This version of the data is there already.");
    return rc == SQLITE_DONE ? ERR_OK : db_failed(d, v);
}

static enum err
run(struct diag *d, struct vault *v, enum statement id, const char *dataset,
    int64_t version)
{
    return finish(d, v, bound(v, id, dataset, version));
}

/* ---- sealing ---- */

/* Where a sealed text belongs. Its digest is authenticated with it; lengths go before
 * texts there, so that no two places read the same. */
struct place {
    const char *dataset;
    int64_t version;
    const struct schema_column *column; /* NULL: the keys of the version */
    int64_t number, rows;
};

/* What the meaning of a column's numbers hangs on. */
static struct digest
column_shape(const struct schema_column *c)
{
    BUF_SCOPE(b);

    buf_init(&b, (size_t)CATEGORIES_MAX * 512);
    buf_addf(&b, "%s %d %d\n", column_type_name(c->type), c->decimals, c->nullable);
    for (size_t i = 0; i < c->categories_n; i++)
        buf_addf(&b, "%zu:%s\n", strlen(c->categories[i]), c->categories[i]);
    return digest_bytes(buf_str(&b));
}

static struct digest
place_digest(const struct place *p)
{
    BUF_SCOPE(b);

    buf_init(&b, 4096);
    buf_addf(&b, "%zu:%s %lld %lld %lld ", strlen(p->dataset), p->dataset,
        (long long)p->version, (long long)p->number, (long long)p->rows);
    if (p->column != NULL) {
        char shape[65];
        digest_text(column_shape(p->column), shape);
        buf_addf(&b, "%s %s", p->column->name, shape);
    }
    CHECK(!b.full);
    return digest_bytes(buf_str(&b));
}

static enum err
seal(struct diag *d, const unsigned char *key, const struct place *p, struct str plain,
    struct buf *out)
{
    struct digest at = place_digest(p);
    unsigned char nonce[NONCE_BYTES];
    unsigned long long n;
    char *room = malloc(plain.len + crypto_aead_xchacha20poly1305_ietf_ABYTES);

    if (room == NULL)
        return NO_MEMORY(d);
    randombytes_buf(nonce, sizeof nonce);
    crypto_aead_xchacha20poly1305_ietf_encrypt((unsigned char *)room, &n,
        (const unsigned char *)plain.ptr, plain.len, at.b, sizeof at.b, NULL, nonce,
        key);
    buf_add(out, nonce, sizeof nonce);
    buf_add(out, room, n);
    free(room);
    return out->full ? NO_MEMORY(d) : ERR_OK;
}

/* plain has room for sealed.len bytes. */
static enum err
unseal(struct diag *d, const unsigned char *key, const struct place *p,
    struct str sealed, void *plain, size_t *n)
{
    struct digest at = place_digest(p);
    const unsigned char *bytes = (const unsigned char *)sealed.ptr;
    unsigned long long len = 0;

    if (sealed.len < SEAL_BYTES ||
        crypto_aead_xchacha20poly1305_ietf_decrypt(plain, &len, NULL,
            bytes + NONCE_BYTES, sealed.len - NONCE_BYTES, at.b, sizeof at.b, bytes,
            key) != 0) {
        return FAIL(d, ERR_INTERNAL,
            "Stored data cannot be read: the vault key, the file or the schema is not "
            "the one they were stored with.");
    }
    *n = (size_t)len;
    return ERR_OK;
}

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
    struct storing *st, struct diag *d, const struct place *p, struct str plain)
{
    sqlite3_stmt *q = bound(st->v, VAULT_SEGMENT_ADD, p->dataset, p->version);
    BUF_SCOPE(sealed);

    buf_init(&sealed, SEGMENT_BYTES_MAX);
    TRY(seal(d, st->keys->data, p, plain, &sealed));
    sqlite3_bind_text(q, 3, p->column->name, -1, SQLITE_STATIC);
    sqlite3_bind_int64(q, 4, p->number);
    sqlite3_bind_int64(q, 5, p->rows);
    sqlite3_bind_blob64(q, 6, sealed.ptr, sealed.len, SQLITE_STATIC);
    return finish(d, st->v, q);
}

static enum err
store_rows(void *self, struct diag *d, size_t rows, int64_t *const *values,
    uint8_t *const *valid, const struct str *const *texts)
{
    struct storing *st = self;

    for (size_t c = 0; c < st->s->columns_n; c++) {
        struct place p = {
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
    struct place p = {.dataset = st->dataset, .version = st->version};
    sqlite3_stmt *q = bound(st->v, VAULT_VERSION_ADD, st->dataset, st->version);
    struct str plain = {(const char *)st->keys, sizeof *st->keys};
    BUF_SCOPE(wrapped);

    buf_init(&wrapped, 4096);
    TRY(seal(d, st->v->key, &p, plain, &wrapped));
    sqlite3_bind_blob64(q, 3, wrapped.ptr, wrapped.len, SQLITE_STATIC);
    return finish(d, st->v, q);
}

static enum err
store_all(struct storing *st, struct diag *d, int fd, struct csv_report *report)
{
    struct csv_sink sink = {.self = st, .segment = store_rows};
    sqlite3_stmt *q;

    TRY(store_keys(st, d));
    TRY(csv_load(d, st->s, fd, &sink, report));
    q = bound(st->v, VAULT_VERSION_CLOSE, st->dataset, st->version);
    sqlite3_bind_int64(q, 3, st->rows);
    sqlite3_bind_int64(q, 4, st->number);
    TRY(finish(d, st->v, q));
    return run(d, st->v, VAULT_COMMIT, NULL, 0);
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
    TRY(run(d, v, VAULT_BEGIN, NULL, 0));
    err = store_all(&st, d, fd, report);
    if (err != ERR_OK) {
        struct diag ignored = {0}; /* the first failure is the one to tell */
        (void)!run(&ignored, v, VAULT_ROLLBACK, NULL, 0);
    }
    return err;
}

/* ---- loading ---- */

struct loading {
    struct vault *v;
    struct place at;
    int64_t segments;
    struct version_keys *keys;
    struct table *t;
};

static enum err
load_version(struct loading *l, struct diag *d)
{
    sqlite3_stmt *q = bound(l->v, VAULT_VERSION_GET, l->at.dataset, l->at.version);
    unsigned char plain[sizeof *l->keys + SEAL_BYTES];
    struct place p = {.dataset = l->at.dataset, .version = l->at.version};
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
    err = unseal(d, l->v->key, &p, wrapped, plain, &n);
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
    sqlite3_stmt *q = bound(l->v, VAULT_SEGMENT_GET, l->at.dataset, l->at.version);
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
        return NO_MEMORY(d);
    err = unseal(d, l->keys->data, &l->at, sealed, plain, &n);
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
    bool text = c->schema->type == COL_TEXT || c->schema->type == COL_ID;
    size_t at = 0, rows = 0;

    TRY(column_reserve(d, c, l->t->rows));
    if (text && (c->labels = labels_new()) == NULL)
        return NO_MEMORY(d);
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

    l.at = (struct place){.dataset = dataset_id, .version = version};
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
    TRY(run(d, v, VAULT_VERSION_SHRED, dataset_id, version));
    TRY(run(d, v, VAULT_CHECKPOINT, NULL, 0));
    TRY(run(d, v, VAULT_SEGMENT_DROP, dataset_id, version));
    return run(d, v, VAULT_VERSION_DROP, dataset_id, version);
}
