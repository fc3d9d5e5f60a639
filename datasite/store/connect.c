/* connect.c -- one SQLite connection with the settings that all of ours have. */
#include "datasite/store/connect.h"

#include "datasite/base/check.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define BUSY_TIMEOUT_MS 10000

void
connect_close_p(sqlite3 **handle)
{
    sqlite3_close_v2(*handle);
    *handle = NULL;
}

void
statement_drop_p(sqlite3_stmt **s)
{
    sqlite3_finalize(*s);
    *s = NULL;
}

enum err
connect_fail(struct diag *d, sqlite3 *handle, const char *what)
{
    const char *why = sqlite3_errmsg(handle);

    switch (sqlite3_extended_errcode(handle)) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
    case SQLITE_CONSTRAINT_CHECK:
    case SQLITE_CONSTRAINT_FOREIGNKEY:
        return FAIL(d, ERR_CONFLICT, "this breaks a rule of the data: %s", why);
    default:
        return FAIL(d, ERR_DB, "%s: %s", what, why);
    }
}

enum err
connect_exec(struct diag *d, sqlite3 *handle, const char *sql)
{
    if (sqlite3_exec(handle, sql, NULL, NULL, NULL) != SQLITE_OK)
        return connect_fail(d, handle, sql);
    return ERR_OK;
}

static enum err
configure(struct diag *d, sqlite3 *handle, enum connect_mode mode)
{
    static const struct {
        int option, value;
    } options[] = {
        {SQLITE_DBCONFIG_DEFENSIVE, 1},
        {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        {SQLITE_DBCONFIG_ENABLE_FKEY, 1},
        {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
        {SQLITE_DBCONFIG_DQS_DDL, 0},
        {SQLITE_DBCONFIG_DQS_DML, 0},
    };

    sqlite3_extended_result_codes(handle, 1);
    sqlite3_busy_timeout(handle, BUSY_TIMEOUT_MS);
    for (size_t i = 0; i < ARRAY_N(options); i++) {
        if (sqlite3_db_config(handle, options[i].option, options[i].value, NULL) !=
            SQLITE_OK)
            return connect_fail(d, handle, "configuring the database");
    }
    /* A server that has shut itself in has no folder for temporary files. */
    TRY(connect_exec(d, handle, "PRAGMA temp_store = MEMORY"));
    if (mode == CONNECT_READ)
        return connect_exec(d, handle, "PRAGMA query_only = ON");
    /* A file with a log cannot take pages of another size than its own. */
    if (mode == CONNECT_COPY)
        return ERR_OK;
    TRY(connect_exec(d, handle, "PRAGMA journal_mode = WAL"));
    return connect_exec(d, handle, "PRAGMA synchronous = FULL");
}

/* The file exists before SQLite sees it, so that nobody else may ever read it. The files
 * that SQLite puts beside it take its mode. */
static enum err
create_private(struct diag *d, const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (fd == -1)
        return FAIL(d, ERR_IO, "%s: %s", path, strerror(errno));
    close(fd);
    return ERR_OK;
}

enum err
connect_open(struct diag *d, const char *path, enum connect_mode mode, sqlite3 **out)
{
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
        (mode == CONNECT_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
    CONNECT_SCOPE(handle);

    if (mode == CONNECT_CREATE)
        TRY(create_private(d, path));
    if (sqlite3_open_v2(path, &handle, flags, NULL) != SQLITE_OK)
        return connect_fail(d, handle, path);
    TRY(configure(d, handle, mode));
    *out = handle;
    handle = NULL;
    return ERR_OK;
}
