/* backup_test.c -- a copy is whole, private and verified; a damaged file is named. */
#include "datasite/base/fdio.h"
#include "datasite/store/backup.h"
#include "datasite/store/connect.h"
#include "tests/unit/store/folder.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct migration schema = {"001",
    STR("CREATE TABLE t (x INTEGER PRIMARY KEY, y TEXT) STRICT;"
        "CREATE TABLE u (x INTEGER REFERENCES t (x)) STRICT;"
        "CREATE INDEX t_y ON t (y);"
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
        " WHERE i < 2000) INSERT INTO t SELECT i, printf('%0200d', i) FROM n;")};
static struct diag d;

static void
make_database(void)
{
    int from, to;

    folder_make();
    cr_assert_eq(
        migrate_run(&d, db_path, &schema, 1, &from, &to), ERR_OK, "%s", d.text);
}

TestSuite(backup, .init = make_database, .fini = folder_drop);

static int
rows_of(const char *path)
{
    CONNECT_SCOPE(handle);
    STATEMENT_SCOPE(s);

    cr_assert_eq(connect_open(&d, path, CONNECT_READ, &handle), ERR_OK, "%s", d.text);
    cr_assert_eq(sqlite3_prepare_v2(handle, "SELECT count(*) FROM t", -1, &s, NULL), 0);
    cr_assert_eq(sqlite3_step(s), SQLITE_ROW);
    return sqlite3_column_int(s, 0);
}

Test(backup, copies_while_in_use)
{
    const char *to = folder_file("copy.db");
    struct stat st;
    CONNECT_SCOPE(writer);

    cr_assert_eq(connect_open(&d, db_path, CONNECT_WRITE, &writer), ERR_OK);
    cr_assert_eq(connect_exec(&d, writer, "BEGIN IMMEDIATE; DELETE FROM t"), ERR_OK);
    cr_assert_eq(backup_copy(&d, db_path, to), ERR_OK, "%s", d.text);
    cr_assert_eq(connect_exec(&d, writer, "COMMIT"), ERR_OK);
    cr_expect_eq(rows_of(to), 2000, "what was not committed is not copied");
    cr_assert_eq(stat(to, &st), 0);
    cr_expect_eq(st.st_mode & 0777, 0600);
}

Test(backup, copies_pages_of_any_size)
{
    const char *to = folder_file("copy.db");
    CONNECT_SCOPE(writer);

    cr_assert_eq(connect_open(&d, db_path, CONNECT_WRITE, &writer), ERR_OK);
    cr_assert_eq(connect_exec(&d, writer,
                     "PRAGMA journal_mode = DELETE; PRAGMA page_size = 32768; VACUUM;"
                     "PRAGMA journal_mode = WAL"),
        ERR_OK, "%s", d.text);
    cr_assert_eq(backup_copy(&d, db_path, to), ERR_OK, "%s", d.text);
    cr_expect_eq(rows_of(to), 2000);
}

Test(backup, does_not_write_over_a_file)
{
    cr_expect_eq(backup_copy(&d, db_path, db_path), ERR_CONFLICT);
    cr_expect_eq(rows_of(db_path), 2000);
}

Test(backup, a_failed_copy_leaves_no_file)
{
    const char *to = folder_file("copy.db");

    cr_expect_neq(backup_copy(&d, "/nonexistent/x.db", to), ERR_OK);
    cr_expect_eq(access(to, F_OK), -1);
}

static void
damage(void)
{
    char junk[3000];
    FD_SCOPE(fd) = open(db_path, O_RDWR | O_CLOEXEC);

    memset(junk, 0x5a, sizeof junk);
    cr_assert_neq(fd, -1);
    cr_assert_eq(pwrite(fd, junk, sizeof junk, 40960), (ssize_t)sizeof junk);
}

Test(backup, a_damaged_file_is_refused)
{
    cr_assert_eq(backup_verify(&d, db_path), ERR_OK, "%s", d.text);
    damage();
    cr_expect_eq(backup_verify(&d, db_path), ERR_CONFLICT);
    cr_expect(strstr(d.text, db_path) != NULL, "%s", d.text);
}

Test(backup, a_copy_of_damage_is_no_backup)
{
    const char *to = folder_file("copy.db");

    damage();
    cr_expect_eq(backup_copy(&d, db_path, to), ERR_CONFLICT);
    cr_expect_eq(access(to, F_OK), -1);
}

Test(backup, a_reference_to_nothing_is_refused)
{
    CONNECT_SCOPE(writer);

    cr_assert_eq(connect_open(&d, db_path, CONNECT_WRITE, &writer), ERR_OK);
    cr_assert_eq(connect_exec(&d, writer,
                     "PRAGMA foreign_keys = OFF; INSERT INTO u VALUES (9999)"),
        ERR_OK);
    cr_expect_eq(backup_verify(&d, db_path), ERR_CONFLICT);
}
