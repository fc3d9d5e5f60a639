/* backup.c -- online copies of a database, and whether a file is whole. */
#include "datasite/store/backup.h"

#include "datasite/store/connect.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define PAGES_A_STEP   1024
#define BUSY_PAUSE_MS  10
#define BUSY_TRIES_MAX 1000

static enum err
copy_pages(struct diag *d, sqlite3 *to, sqlite3 *from)
{
    sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");
    int step = SQLITE_OK;

    if (b == NULL)
        return connect_fail(d, to, "starting the copy");
    for (int busy = 0; busy < BUSY_TRIES_MAX;) {
        step = sqlite3_backup_step(b, PAGES_A_STEP);
        if (step == SQLITE_BUSY || step == SQLITE_LOCKED) {
            busy++;
            sqlite3_sleep(BUSY_PAUSE_MS);
        } else if (step != SQLITE_OK) {
            break;
        }
    }
    sqlite3_backup_finish(b);
    if (step != SQLITE_DONE)
        return FAIL(d, ERR_DB, "the copy stopped: %s", sqlite3_errstr(step));
    return ERR_OK;
}

static enum err
reserve_name(struct diag *d, const char *to)
{
    int fd = open(to, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd == -1) {
        return FAIL(
            d, errno == EEXIST ? ERR_CONFLICT : ERR_IO, "%s: %s", to, strerror(errno));
    }
    close(fd);
    return ERR_OK;
}

static enum err
copy_into(struct diag *d, const char *from, const char *to)
{
    CONNECT_SCOPE(source);
    CONNECT_SCOPE(copy);

    TRY(connect_open(d, from, CONNECT_READ, &source));
    TRY(connect_open(d, to, CONNECT_COPY, &copy));
    return copy_pages(d, copy, source);
}

enum err
backup_copy(struct diag *d, const char *from, const char *to)
{
    enum err result;

    TRY(reserve_name(d, to));
    result = copy_into(d, from, to);
    if (result == ERR_OK)
        result = backup_verify(d, to);
    if (result != ERR_OK)
        unlink(to);
    return result;
}

/* The pragma answers rows only where something is wrong, or one row "ok". */
static enum err
expect_whole(struct diag *d, sqlite3 *handle, const char *path, const char *pragma)
{
    STATEMENT_SCOPE(s);
    const char *text;
    int step;

    if (sqlite3_prepare_v2(handle, pragma, -1, &s, NULL) != SQLITE_OK)
        return FAIL(d, ERR_CONFLICT, "%s: %s", path, sqlite3_errmsg(handle));
    step = sqlite3_step(s);
    if (step == SQLITE_DONE)
        return ERR_OK;
    if (step != SQLITE_ROW)
        return FAIL(d, ERR_CONFLICT, "%s: %s", path, sqlite3_errmsg(handle));
    text = (const char *)sqlite3_column_text(s, 0);
    if (text != NULL && strcmp(text, "ok") == 0)
        return ERR_OK;
    return FAIL(d, ERR_CONFLICT, "%s: %s: %s", path, pragma, text);
}

enum err
backup_verify(struct diag *d, const char *path)
{
    CONNECT_SCOPE(handle);

    TRY(connect_open(d, path, CONNECT_READ, &handle));
    TRY(expect_whole(d, handle, path, "PRAGMA integrity_check(1)"));
    return expect_whole(d, handle, path, "PRAGMA foreign_key_check");
}
