/* vault_file.h -- the vault's file and its key, for vault.c alone. */
#ifndef SANDBOX_VAULT_VAULT_FILE_H
#define SANDBOX_VAULT_VAULT_FILE_H

#include "sandbox/vault/vault.h"

#include <sqlite3.h>

#define VAULT_NO_MEMORY(d) FAIL(d, ERR_TOO_LARGE, "The vault needs too much memory.")

enum vault_statement {
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

struct vault {
    sqlite3 *db;
    sqlite3_stmt *statements[VAULT_STATEMENTS];
    unsigned char *key; /* locked memory */
};

/* A statement bound to a version of a dataset, ready for further parameters. */
sqlite3_stmt *vault_bound(
    struct vault *v, enum vault_statement id, const char *dataset, int64_t version);
/* Runs to the end; a row that comes first is passed over. */
enum err vault_finish(struct diag *d, struct vault *v, sqlite3_stmt *q) NODISCARD;
enum err vault_run(struct diag *d, struct vault *v, enum vault_statement id,
    const char *dataset, int64_t version) NODISCARD;

#endif
