/* migrate.c -- applies numbered SQL files in order, once, and refuses altered ones. */
#include "datasite/store/migrate.h"

#include "datasite/base/digest.h"
#include "datasite/store/connect.h"
#include "datasite/store/db.h"

#include <stdio.h>
#include <string.h>

static enum err
read_version(struct diag *d, sqlite3 *handle, int *out)
{
    STATEMENT_SCOPE(s);

    if (sqlite3_prepare_v2(handle, "PRAGMA user_version", -1, &s, NULL) != SQLITE_OK ||
        sqlite3_step(s) != SQLITE_ROW)
        return connect_fail(d, handle, "reading the version of the database");
    *out = sqlite3_column_int(s, 0);
    return ERR_OK;
}

/* What was applied must be what the program holds: an edited file would leave databases
 * that differ although their versions are the same. */
static enum err
compare_applied(struct diag *d, sqlite3 *handle, const struct migration *list, int n)
{
    STATEMENT_SCOPE(s);
    int step, seen = 0;

    if (sqlite3_prepare_v2(handle, db_stmts[STMT_MIGRATION_LIST].sql, -1, &s, NULL) !=
        SQLITE_OK)
        return connect_fail(d, handle, "reading the migrations");
    while ((step = sqlite3_step(s)) == SQLITE_ROW && seen < n) {
        const struct migration *m = &list[seen++];
        char digest[65];
        digest_text(digest_bytes(m->sql), digest);
        if (sqlite3_column_int(s, 0) != seen ||
            strcmp((const char *)sqlite3_column_text(s, 2), digest) != 0) {
            return FAIL(d, ERR_DB,
                "%s is not what was applied to this database as %s; use the program "
                "that made it, or restore a backup",
                m->name, sqlite3_column_text(s, 1));
        }
    }
    if (step != SQLITE_DONE || seen != n)
        return FAIL(d, ERR_DB, "the database's record of its migrations is broken");
    return ERR_OK;
}

static enum err
record(struct diag *d, sqlite3 *handle, const struct migration *m, int version)
{
    STATEMENT_SCOPE(s);
    char digest[65], pragma[64];

    digest_text(digest_bytes(m->sql), digest);
    if (sqlite3_prepare_v2(handle, db_stmts[STMT_MIGRATION_INSERT].sql, -1, &s, NULL) !=
            SQLITE_OK ||
        sqlite3_bind_int(s, 1, version) != SQLITE_OK ||
        sqlite3_bind_text(s, 2, m->name, -1, SQLITE_STATIC) != SQLITE_OK ||
        sqlite3_bind_text(s, 3, digest, -1, SQLITE_STATIC) != SQLITE_OK ||
        sqlite3_step(s) != SQLITE_DONE)
        return connect_fail(d, handle, m->name);
    snprintf(pragma, sizeof pragma, "PRAGMA user_version = %d", version);
    return connect_exec(d, handle, pragma);
}

/* What is in one file, and the record of it, in the caller's transaction. */
static enum err
apply_in_transaction(
    struct diag *d, sqlite3 *handle, const struct migration *m, int version)
{
    BUF_SCOPE(sql);

    buf_init(&sql, m->sql.len);
    buf_add(&sql, m->sql.ptr, m->sql.len);
    if (sql.full)
        return FAIL(d, ERR_INTERNAL, "no memory for %s", m->name);
    if (sqlite3_exec(handle, sql.ptr, NULL, NULL, NULL) != SQLITE_OK)
        return FAIL(d, ERR_DB, "%s: %s", m->name, sqlite3_errmsg(handle));
    return record(d, handle, m, version);
}

static enum err
apply(struct diag *d, sqlite3 *handle, const struct migration *m, int version)
{
    enum err result;

    TRY(connect_exec(d, handle, "BEGIN IMMEDIATE"));
    result = apply_in_transaction(d, handle, m, version);
    if (result == ERR_OK)
        result = connect_exec(d, handle, "COMMIT");
    if (result != ERR_OK)
        sqlite3_exec(handle, "ROLLBACK", NULL, NULL, NULL);
    return result;
}

enum err
migrate_run(struct diag *d, const char *path, const struct migration *list, size_t n,
    int *from, int *to)
{
    CONNECT_SCOPE(handle);
    int version = 0;

    TRY(connect_open(d, path, CONNECT_CREATE, &handle));
    TRY(read_version(d, handle, &version));
    if (version > (int)n) {
        return FAIL(d, ERR_DB,
            "%s is at version %d, this program knows %d: use a newer program", path,
            version, (int)n);
    }
    TRY(connect_exec(d, handle, db_stmts[STMT_MIGRATION_TABLE].sql));
    TRY(compare_applied(d, handle, list, version));
    *from = version;
    for (; version < (int)n; version++)
        TRY(apply(d, handle, &list[version], version + 1));
    *to = version;
    return ERR_OK;
}
