/* vault_file.c -- opening the vault: its key, its file, its statements. */
#include "sandbox/vault/vault_file.h"

#include "datasite/base/check.h"
#include "datasite/base/embed.h"
#include "datasite/base/fdio.h"
#include "datasite/store/migrate.h"
#include "sandbox/vault/vault_seal.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static struct str
embedded_text(const char *path)
{
    for (size_t i = 0; i < embedded_n; i++)
        if (strcmp(embedded[i].path, path) == 0)
            return embedded[i].bytes;
    check_failed(path, __FILE__, __LINE__);
}

static enum err
failed(struct diag *d, const struct vault *v)
{
    return FAIL(d, ERR_DB, "The vault failed: %s.", sqlite3_errmsg(v->db));
}

/* Makes the key at first use; two processes that do so at once agree on one. */
static enum err
key_make(struct diag *d, const char *path)
{
    unsigned char key[VAULT_KEY_BYTES];
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
    if (read(fd, key, VAULT_KEY_BYTES) != (ssize_t)VAULT_KEY_BYTES ||
        read(fd, &more, 1) != 0)
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
            return failed(d, v);
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

    v->key = sodium_malloc(VAULT_KEY_BYTES);
    if (v->key == NULL)
        return VAULT_NO_MEMORY(d);
    TRY(key_load(d, key_path, v->key));
    if (sqlite3_open_v2(db_path, &v->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
            NULL) != SQLITE_OK) {
        return failed(d, v);
    }
    /* The log stays when the last connection closes: the next one may be opening it. */
    if (sqlite3_db_config(v->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL) !=
        SQLITE_OK)
        return failed(d, v);
    if (sqlite3_exec(v->db, pragmas.ptr, NULL, NULL, NULL) != SQLITE_OK)
        return failed(d, v);
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
        return VAULT_NO_MEMORY(d);
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

sqlite3_stmt *
vault_bound(
    struct vault *v, enum vault_statement id, const char *dataset, int64_t version)
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

enum err
vault_finish(struct diag *d, struct vault *v, sqlite3_stmt *q)
{
    int rc;

    do {
        rc = sqlite3_step(q);
    } while (rc == SQLITE_ROW);
    sqlite3_reset(q);
    if (rc == SQLITE_CONSTRAINT)
        return FAIL(d, ERR_CONFLICT, "This version of the data is there already.");
    return rc == SQLITE_DONE ? ERR_OK : failed(d, v);
}

enum err
vault_run(struct diag *d, struct vault *v, enum vault_statement id, const char *dataset,
    int64_t version)
{
    return vault_finish(d, v, vault_bound(v, id, dataset, version));
}
