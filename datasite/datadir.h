/* datadir.h -- what lies in a site's folder, and opening its database.
 *
 *     DIR/datasite.db   accounts, jobs, ledger, audit
 *     DIR/vault/        all that datasite-runner sees of the folder
 *         vault.db      private columns, encrypted; only datasite-runner opens it
 *         vault.key     the key of vault.db
 *     DIR/keys/         the site's signing key and the key that hashes tokens
 *
 * Earlier versions had vault.db and vault.key in DIR itself. */
#ifndef DATASITE_DATADIR_H
#define DATASITE_DATADIR_H

#include "datasite/base/err.h"
#include "sandbox/client/runner_client.h"

#define DATADIR_PATH_MAX 600

struct datadir {
    char dir[512];
    char database[DATADIR_PATH_MAX], vault[DATADIR_PATH_MAX];
    char vault_dir[DATADIR_PATH_MAX], vault_key[DATADIR_PATH_MAX];
    char keys[DATADIR_PATH_MAX];
};

/* The names alone; nothing is touched. ERR_INVALID: the path is too long or empty. */
enum err datadir_name(struct diag *d, const char *dir, struct datadir *out) NODISCARD;
/* Makes the folder, mode 0700, and brings the database to this program's version.
 * *is_new: there was no database before. */
enum err datadir_prepare(
    struct diag *d, const struct datadir *dir, bool *is_new) NODISCARD;
/* Makes the vault's folder, mode 0700, and moves into it what an earlier version left in
 * DIR. Only for the server that holds the lock of the folder, before it has a runner. */
enum err datadir_settle_vault(struct diag *d, const struct datadir *dir) NODISCARD;
/* ERR_NOT_FOUND: there is no site in this folder. */
enum err datadir_exists(struct diag *d, const struct datadir *dir) NODISCARD;

/* "DIR/NAME"; ERR_INVALID: it is too long. */
enum err datadir_path(struct diag *d, const char *dir, const char *name,
    char out[DATADIR_PATH_MAX]) NODISCARD;

/* The path of a program that lies beside this one ("datasite-runner"). */
enum err program_beside(
    struct diag *d, const char *name, char out[DATADIR_PATH_MAX]) NODISCARD;

/* Starts a runner that has no private data, from the programs beside this one; runner_stop
 * ends it. */
enum err runner_beside(struct diag *d, struct runner **out) NODISCARD;

#endif
