/* vault_test.c -- private columns at rest: round trips, tampering, forgetting. */
#include "tests/unit/sandbox/made_table.h"

#include "datasite/base/fdio.h"
#include "sandbox/vault/vault.h"

#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char schema_text_[] =
    "{\"unit\":{\"column\":\"who\",\"max_rows\":2},\"columns\":["
    "{\"name\":\"who\",\"type\":\"id\"},"
    "{\"name\":\"age\",\"type\":\"integer\",\"lower\":\"0\",\"upper\":\"120\"},"
    "{\"name\":\"cost\",\"type\":\"decimal\",\"decimals\":2},"
    "{\"name\":\"ward\",\"type\":\"category\",\"categories\":[\"A\",\"B\"]},"
    "{\"name\":\"note\",\"type\":\"text\"}]}";

static char folder[] = "/tmp/vault-test-XXXXXX";
static char db_path[64], key_path[64];
static struct arena *arena;
static struct schema schema;
static struct vault *vault;
static struct diag diag;

static void
open_vault(void)
{
    arena = arena_new(1 << 24);
    schema = made_schema(arena, schema_text_);
    cr_assert_not_null(mkdtemp(folder));
    snprintf(db_path, sizeof db_path, "%s/vault.db", folder);
    snprintf(key_path, sizeof key_path, "%s/vault.key", folder);
    cr_assert_eq(vault_open(&diag, db_path, key_path, &vault), ERR_OK, "%s", diag.text);
}

static void
close_vault(void)
{
    char path[96];

    vault_close(vault);
    arena_free(arena);
    for (size_t i = 0; i < 4; i++) {
        static const char *const names[] = {
            "vault.db", "vault.db-wal", "vault.db-shm", "vault.key"};
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
}

TestSuite(vault, .init = open_vault, .fini = close_vault);

static enum err
ingest(int64_t version, const char *csv, struct csv_report *report)
{
    FD_SCOPE(fd) = made_fd(csv, strlen(csv));

    diag_clear(&diag);
    return vault_ingest(&diag, vault, "dst_1", version, &schema, fd, report);
}

static enum err
load(int64_t version, const struct schema *s, struct table *out)
{
    static const bool all[] = {true, true, true, true, true};

    diag_clear(&diag);
    return vault_load(&diag, vault, "dst_1", version, s, all, out);
}

/* Rows in more than two segments, with texts that come again in later ones. */
static char *
many_rows(size_t rows)
{
    struct buf b;

    buf_init(&b, (size_t)64 << 20);
    buf_addz(&b, "who,age,cost,ward,note\n");
    for (size_t i = 0; i < rows; i++) {
        buf_addf(&b, "p%zu,%zu,", i / 3, i % 121);
        if (i % 7 != 0)
            buf_addf(&b, "%lld.25", (long long)i * 1000 - 5000000);
        buf_addf(&b, ",%s,note %zu\n", i % 2 != 0 ? "A" : "B", i % 1000);
    }
    return b.ptr;
}

static void
expect_row(const struct table *t, size_t i)
{
    char who[32], note[32];

    snprintf(who, sizeof who, "p%zu", i / 3);
    snprintf(note, sizeof note, "note %zu", i % 1000);
    const struct column *c = t->columns;
    cr_expect(
        str_eq(labels_text(c[0].labels, (size_t)column_value(&c[0], i)), str_of(who)));
    cr_expect_eq(column_value(&c[1], i), (int64_t)i % 121);
    cr_expect_eq(c[2].valid[i], i % 7 != 0);
    if (i % 7 != 0) {
        int64_t whole = (int64_t)i * 1000 - 5000000;
        cr_expect_eq(column_value(&c[2], i), whole * 100 + (whole < 0 ? -25 : 25));
    }
    cr_expect_eq(column_value(&c[3], i), i % 2 == 0);
    cr_expect(
        str_eq(labels_text(c[4].labels, (size_t)column_value(&c[4], i)), str_of(note)));
}

Test(vault, what_goes_in_comes_out)
{
    size_t rows = 2 * SEGMENT_ROWS + 77;
    struct csv_report report;
    struct table t;
    char *csv = many_rows(rows);

    cr_assert_eq(ingest(1, csv, &report), ERR_OK, "%s", diag.text);
    cr_expect_eq(report.rows, (int64_t)rows);
    cr_assert_eq(load(1, &schema, &t), ERR_OK, "%s", diag.text);
    cr_assert_eq(t.rows, rows);
    for (size_t i = 0; i < rows; i += 97)
        expect_row(&t, i);
    expect_row(&t, rows - 1);
    cr_expect_eq(t.units->n, (rows + 2) / 3);
    size_t kept = 0;
    for (size_t i = 0; i < rows; i++)
        kept += t.kept[i];
    cr_expect_eq(kept, rows / 3 * 2 + rows % 3);
    table_release(&t);
    free(csv);
}

Test(vault, only_wanted_columns_are_loaded)
{
    static const bool wanted[] = {false, false, false, true, false};
    struct csv_report report;
    struct table t;

    cr_assert_eq(ingest(1, "who,age,cost,ward,note\np1,1,1,A,x\n", &report), ERR_OK);
    cr_assert_eq(vault_load(&diag, vault, "dst_1", 1, &schema, wanted, &t), ERR_OK);
    cr_expect_not_null(t.columns[0].values); /* the unit, always */
    cr_expect_null(t.columns[1].values);
    cr_expect_not_null(t.columns[3].values);
    cr_expect_null(t.columns[4].values);
    table_release(&t);
}

Test(vault, a_refused_upload_leaves_nothing)
{
    struct csv_report report;
    struct table t;

    cr_expect_eq(ingest(1, "who,age,cost,ward,note\np1,1,1,A,x\np2,1,1,Z,y\n", &report),
        ERR_UNPROCESSABLE);
    cr_expect_eq(report.places_n, 1);
    cr_expect_eq(report.places[0].line, 3);
    cr_expect_eq(report.places[0].column, 8);
    cr_expect_eq(load(1, &schema, &t), ERR_NOT_FOUND);
    cr_expect_eq(ingest(1, "who,age,cost,ward,note\np1,1,1,A,x\n", &report), ERR_OK,
        "%s", diag.text);
    cr_expect_eq(
        ingest(1, "who,age,cost,ward,note\np1,1,1,A,x\n", &report), ERR_CONFLICT);
}

Test(vault, an_empty_table_is_a_table)
{
    struct csv_report report;
    struct table t;

    cr_assert_eq(
        ingest(1, "who,age,cost,ward,note\n", &report), ERR_OK, "%s", diag.text);
    cr_assert_eq(load(1, &schema, &t), ERR_OK, "%s", diag.text);
    cr_expect_eq(t.rows, 0);
    table_release(&t);
}

/* Runs SQL of an intruder's on the file. */
static void
meddle(const char *sql)
{
    sqlite3 *db;
    char *why = NULL;

    cr_assert_eq(sqlite3_open(db_path, &db), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, &why), SQLITE_OK, "%s", why);
    sqlite3_close(db);
}

Test(vault, meddling_is_noticed)
{
    static const char *const deeds[] = {
        /* a byte, a swap of segments, of versions, of row counts, a lost segment */
        "UPDATE segment SET bytes = CAST(substr(bytes, 1, 40) ||"
        " CASE substr(bytes, 41, 1) WHEN x'00' THEN x'01' ELSE x'00' END ||"
        " substr(bytes, 42) AS BLOB)"
        " WHERE name = 'age' AND version = 1",
        "UPDATE segment SET name = CASE name WHEN 'age' THEN 'tmp' ELSE name END"
        " WHERE version = 1",
        "UPDATE segment SET bytes = (SELECT bytes FROM segment s WHERE s.version = 2"
        " AND s.name = 'cost') WHERE version = 1 AND name = 'cost'",
        "UPDATE segment SET rows = rows + 1 WHERE version = 1 AND name = 'note'",
        "UPDATE version SET rows = rows + 1 WHERE version = 1",
        "UPDATE version SET wrapped = (SELECT wrapped FROM version WHERE version = 2)"
        " WHERE version = 1",
    };

    for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++) {
        struct csv_report report;
        struct table t;
        for (int64_t v = 1; v <= 2; v++)
            cr_assert_eq(
                ingest(v, "who,age,cost,ward,note\np1,1,1,A,x\n", &report), ERR_OK);
        meddle(deeds[i]);
        cr_expect_eq(load(1, &schema, &t), ERR_INTERNAL, "%s", deeds[i]);
        cr_expect_eq(load(2, &schema, &t), ERR_OK, "%s", deeds[i]);
        table_release(&t);
        for (int64_t v = 1; v <= 2; v++)
            cr_assert_eq(
                vault_forget(&diag, vault, "dst_1", v), ERR_OK, "%s", diag.text);
    }
}

Test(vault, columns_declared_anew_are_not_read_as_before)
{
    static const char other[] =
        "{\"unit\":{\"column\":\"who\",\"max_rows\":2},\"columns\":["
        "{\"name\":\"who\",\"type\":\"id\"},"
        "{\"name\":\"age\",\"type\":\"integer\",\"lower\":\"0\",\"upper\":\"120\"},"
        "{\"name\":\"cost\",\"type\":\"decimal\",\"decimals\":2},"
        "{\"name\":\"ward\",\"type\":\"category\",\"categories\":[\"B\",\"A\"]},"
        "{\"name\":\"note\",\"type\":\"text\"}]}";
    struct schema reordered = made_schema(arena, other);
    struct csv_report report;
    struct table t;

    cr_assert_eq(ingest(1, "who,age,cost,ward,note\np1,1,1,A,x\n", &report), ERR_OK);
    cr_expect_eq(load(1, &reordered, &t), ERR_INTERNAL);
    cr_expect_eq(load(1, &schema, &t), ERR_OK);
    table_release(&t);
}

Test(vault, the_file_does_not_hold_what_was_stored)
{
    struct csv_report report;
    BUF_SCOPE(bytes);

    cr_assert_eq(
        ingest(1, "who,age,cost,ward,note\nZanzibar,1,1,A,Timbuktu\n", &report),
        ERR_OK);
    char log_path[512];

    vault_close(vault); /* the write-ahead log stays beside the file */
    vault = NULL;
    buf_init(&bytes, 1 << 24);
    snprintf(log_path, sizeof log_path, "%s-wal", db_path);
    cr_assert_eq(file_read(&diag, db_path, &bytes), ERR_OK);
    cr_assert_eq(file_read(&diag, log_path, &bytes), ERR_OK);
    cr_expect_null(memmem(bytes.ptr, bytes.len, "Zanzibar", 8));
    cr_expect_null(memmem(bytes.ptr, bytes.len, "Timbuktu", 8));
    cr_expect_not_null(memmem(bytes.ptr, bytes.len, "dst_1", 5)); /* the search works */
}

Test(vault, the_key_is_the_owners_alone_and_needed)
{
    struct csv_report report;
    struct table t;
    struct stat st;

    cr_assert_eq(stat(key_path, &st), 0);
    cr_expect_eq(st.st_mode & 0777, 0400);
    cr_expect_eq(st.st_size, 32);
    cr_assert_eq(ingest(1, "who,age,cost,ward,note\np1,1,1,A,x\n", &report), ERR_OK);
    vault_close(vault);
    unlink(key_path);
    cr_assert_eq(vault_open(&diag, db_path, key_path, &vault), ERR_OK, "%s", diag.text);
    cr_expect_eq(load(1, &schema, &t), ERR_INTERNAL);
}

Test(vault, forgotten_is_gone)
{
    struct csv_report report;
    struct table t;

    cr_assert_eq(ingest(1, "who,age,cost,ward,note\np1,1,1,A,x\n", &report), ERR_OK);
    cr_assert_eq(ingest(2, "who,age,cost,ward,note\np1,2,1,A,x\n", &report), ERR_OK);
    cr_assert_eq(vault_forget(&diag, vault, "dst_1", 1), ERR_OK, "%s", diag.text);
    cr_expect_eq(load(1, &schema, &t), ERR_NOT_FOUND);
    cr_expect_eq(load(2, &schema, &t), ERR_OK);
    table_release(&t);
}
