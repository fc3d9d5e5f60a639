/* migrate_test.c -- applied once, in order, whole, and never altered. */
#include "datasite/base/check.h"
#include "datasite/store/connect.h"
#include "datasite/store/migrate.h"
#include "tests/unit/store/folder.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/stat.h>

static const struct migration list[] = {
    {"001_init.sql",
        STR("CREATE TABLE t (x INTEGER) STRICT; INSERT INTO t VALUES (1);")},
    {"002_more.sql", STR("INSERT INTO t VALUES (2);")},
    {"003_bad.sql", STR("INSERT INTO t VALUES (3); INSERT INTO none VALUES (1);")},
};
static struct diag d;
static int from, to;

TestSuite(migrate, .init = folder_make, .fini = folder_drop);

static int
sum(void)
{
    CONNECT_SCOPE(handle);
    STATEMENT_SCOPE(s);

    cr_assert_eq(connect_open(&d, db_path, CONNECT_READ, &handle), ERR_OK);
    cr_assert_eq(sqlite3_prepare_v2(handle, "SELECT sum(x) FROM t", -1, &s, NULL), 0);
    cr_assert_eq(sqlite3_step(s), SQLITE_ROW);
    return sqlite3_column_int(s, 0);
}

static void
edit(const char *sql)
{
    CONNECT_SCOPE(handle);

    cr_assert_eq(connect_open(&d, db_path, CONNECT_WRITE, &handle), ERR_OK);
    cr_assert_eq(connect_exec(&d, handle, sql), ERR_OK, "%s", d.text);
}

Test(migrate, applies_each_once)
{
    struct stat st;

    cr_assert_eq(migrate_run(&d, db_path, list, 1, &from, &to), ERR_OK, "%s", d.text);
    cr_expect(from == 0 && to == 1);
    cr_assert_eq(migrate_run(&d, db_path, list, 2, &from, &to), ERR_OK, "%s", d.text);
    cr_expect(from == 1 && to == 2);
    cr_assert_eq(migrate_run(&d, db_path, list, 2, &from, &to), ERR_OK, "%s", d.text);
    cr_expect(from == 2 && to == 2);
    cr_expect_eq(sum(), 3);
    cr_assert_eq(stat(db_path, &st), 0);
    cr_expect_eq(st.st_mode & 0777, 0600);
}

Test(migrate, a_failing_file_leaves_nothing_of_itself)
{
    cr_expect_eq(migrate_run(&d, db_path, list, 3, &from, &to), ERR_DB);
    cr_expect(strstr(d.text, "003_bad.sql") != NULL, "%s", d.text);
    cr_expect_eq(sum(), 3, "the ones before it stand");
    diag_clear(&d);
    cr_expect_eq(migrate_run(&d, db_path, list, 2, &from, &to), ERR_OK, "%s", d.text);
    cr_expect_eq(from, 2);
}

Test(migrate, an_altered_file_is_refused)
{
    const struct migration altered[] = {
        list[0], {"002_more.sql", STR("INSERT INTO t VALUES (4);")}};

    cr_assert_eq(migrate_run(&d, db_path, list, 2, &from, &to), ERR_OK);
    cr_expect_eq(migrate_run(&d, db_path, altered, 2, &from, &to), ERR_DB);
    cr_expect(strstr(d.text, "002_more.sql") != NULL, "%s", d.text);
    cr_expect_eq(sum(), 3);
}

Test(migrate, a_file_from_a_newer_program_is_refused)
{
    cr_assert_eq(migrate_run(&d, db_path, list, 2, &from, &to), ERR_OK);
    cr_expect_eq(migrate_run(&d, db_path, list, 1, &from, &to), ERR_DB);
    cr_expect(strstr(d.text, "newer") != NULL, "%s", d.text);
}

Test(migrate, a_broken_record_is_refused)
{
    static const char *const edits[] = {"DELETE FROM migration WHERE version = 1",
        "UPDATE migration SET version = 7 WHERE version = 2",
        "PRAGMA user_version = 1"};

    for (size_t i = 0; i < ARRAY_N(edits); i++) {
        diag_clear(&d);
        cr_assert_eq(
            migrate_run(&d, db_path, list, 2, &from, &to), ERR_OK, "%s", d.text);
        edit(edits[i]);
        cr_expect_eq(
            migrate_run(&d, db_path, list, 2, &from, &to), ERR_DB, "%s", edits[i]);
        folder_drop();
        folder_make();
    }
}

Test(migrate, what_is_no_database_is_refused)
{
    static const char *const rows[] = {"none/test.db", "."};

    for (size_t i = 0; i < ARRAY_N(rows); i++) {
        diag_clear(&d);
        cr_expect_neq(
            migrate_run(&d, folder_file(rows[i]), list, 1, &from, &to), ERR_OK);
    }
}
