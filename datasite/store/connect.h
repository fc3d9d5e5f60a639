/* connect.h -- one SQLite connection with the settings that all of ours have. */
#ifndef DATASITE_STORE_CONNECT_H
#define DATASITE_STORE_CONNECT_H

#include "datasite/base/err.h"

#include <sqlite3.h>
#include <stdbool.h>

enum connect_mode {
    CONNECT_READ,
    CONNECT_WRITE,
    CONNECT_CREATE, /* the file, mode 0600, when it is not there */
    CONNECT_COPY /* onto an empty file, which takes over the journal of what it copies */
};

/* WAL, synchronous=FULL, foreign keys, no trust in what the file's schema says. *out is
 * the caller's, on failure NULL. */
enum err connect_open(
    struct diag *d, const char *path, enum connect_mode mode, sqlite3 **out) NODISCARD;
void connect_close_p(sqlite3 **handle);
#define CONNECT_SCOPE(name) \
    sqlite3 *name __attribute__((cleanup(connect_close_p))) = NULL

void statement_drop_p(sqlite3_stmt **s);
#define STATEMENT_SCOPE(name) \
    sqlite3_stmt *name __attribute__((cleanup(statement_drop_p))) = NULL

/* Runs text that answers nothing. */
enum err connect_exec(struct diag *d, sqlite3 *handle, const char *sql) NODISCARD;
/* A violated rule of the schema is ERR_CONFLICT, everything else ERR_DB. */
enum err connect_fail(struct diag *d, sqlite3 *handle, const char *what) NODISCARD;

#endif
