/* db_test.c -- statements, their letters, connections and transactions. */
#include "datasite/base/check.h"
#include "datasite/store/db.h"
#include "tests/unit/store/folder.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

static const struct migration schema[] = {
    {"001",
        STR("CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT UNIQUE, data BLOB,"
            " CHECK (id < 1000)) STRICT;"
            "CREATE TABLE part (thing INTEGER REFERENCES thing (id) DEFERRABLE"
            " INITIALLY DEFERRED, n INTEGER NOT NULL) STRICT;")},
};

enum {
    PUT,
    GET,
    LIST,
    ADD,
    COUNT,
    PART,
    BUMP,
    N
};
static const struct stmt stmts[] = {
    [PUT] = {"PUT", "isb", "",
        "INSERT INTO thing (id, name, data) VALUES (?1, ?2, ?3)"},
    [GET] = {"GET", "i", "isb", "SELECT id, name, data FROM thing WHERE id IS ?1"},
    [LIST] = {"LIST", "i", "is",
        "SELECT id, name FROM thing WHERE id > ?1 ORDER BY id"},
    [ADD] = {"ADD", "s", "i", "INSERT INTO thing (name) VALUES (?1) RETURNING id"},
    [COUNT] = {"COUNT", "", "i", "SELECT count(*) FROM thing"},
    [PART] = {"PART", "ii", "", "INSERT INTO part (thing, n) VALUES (?1, ?2)"},
    [BUMP] = {"BUMP", "", "", "UPDATE thing SET id = id + 100"},
};

static struct db_pool *pool;
static struct diag d;
static struct arena *a;

static void
open_pool(void)
{
    int from, to;

    folder_make();
    a = arena_new(1 << 20);
    cr_assert_eq(migrate_run(&d, db_path, schema, ARRAY_N(schema), &from, &to), ERR_OK,
        "%s", d.text);
    cr_assert_eq(
        db_pool_open_with(&d, db_path, 2, stmts, N, &pool), ERR_OK, "%s", d.text);
}

static void
close_pool(void)
{
    db_pool_close(pool);
    arena_free(a);
    folder_drop();
}

TestSuite(db, .init = open_pool, .fini = close_pool);

static enum err
put(struct db *db, int64_t id, const char *name)
{
    return db_run(db, &d, NULL, (enum stmt_id)PUT, id, name, NULL);
}

static int64_t
count(struct db *db)
{
    int64_t n = -1;

    cr_expect_eq(db_one(db, &d, a, (enum stmt_id)COUNT, &n), ERR_OK, "%s", d.text);
    return n;
}

Test(db, values_go_in_and_come_out)
{
    struct db *db = db_take(pool, DB_RW);
    struct str bytes = STR("\0\1\2"), back;
    int64_t id = 0, changed = 0;
    const char *name = NULL;

    cr_assert_eq(
        db_run(db, &d, &changed, (enum stmt_id)PUT, INT64_C(5), "five", &bytes), ERR_OK,
        "%s", d.text);
    cr_expect_eq(changed, 1);
    cr_assert_eq(db_one(db, &d, a, (enum stmt_id)GET, INT64_C(5), &id, &name, &back),
        ERR_OK, "%s", d.text);
    cr_expect_eq(id, 5);
    cr_expect_str_eq(name, "five");
    cr_expect(str_eq(back, bytes));
    db_give(pool, db);
}

Test(db, nulls_go_in_and_come_out)
{
    struct db *db = db_take(pool, DB_RW);
    struct str empty = STR(""), none = {NULL, 0}, back = STR("left");
    int64_t id = 0;
    const char *name = "left";

    cr_assert_eq(
        db_run(db, &d, NULL, (enum stmt_id)PUT, INT64_C(1), NULL, &none), ERR_OK);
    cr_assert_eq(
        db_run(db, &d, NULL, (enum stmt_id)PUT, INT64_C(2), "", &empty), ERR_OK);
    cr_assert_eq(
        db_one(db, &d, a, (enum stmt_id)GET, INT64_C(1), &id, &name, &back), ERR_OK);
    cr_expect_null(name);
    cr_expect_null(back.ptr);
    cr_assert_eq(
        db_one(db, &d, a, (enum stmt_id)GET, INT64_C(2), &id, &name, &back), ERR_OK);
    cr_expect_str_eq(name, "");
    cr_expect_not_null(back.ptr);
    cr_expect_eq(back.len, 0);
    cr_expect_eq(db_one(db, &d, a, (enum stmt_id)GET, INT64_MIN, &id, &name, &back),
        ERR_NOT_FOUND, "the null integer binds null");
    db_give(pool, db);
}

Test(db, no_row_is_not_found)
{
    struct db *db = db_take(pool, DB_RO);
    int64_t id;
    const char *name;
    struct str data;

    cr_expect_eq(db_one(db, &d, a, (enum stmt_id)GET, INT64_C(9), &id, &name, &data),
        ERR_NOT_FOUND);
    db_give(pool, db);
}

Test(db, returning_tells_and_does)
{
    struct db *db = db_take(pool, DB_RW);
    int64_t id = 0;

    cr_assert_eq(db_one(db, &d, a, (enum stmt_id)ADD, "x", &id), ERR_OK, "%s", d.text);
    cr_expect_eq(id, 1);
    cr_expect_eq(count(db), 1);
    db_give(pool, db);
}

Test(db, broken_rules_are_conflicts)
{
    struct db *db = db_take(pool, DB_RW);

    cr_assert_eq(put(db, 1, "a"), ERR_OK);
    cr_expect_eq(put(db, 1, "b"), ERR_CONFLICT, "primary key");
    diag_clear(&d);
    cr_expect_eq(put(db, 2, "a"), ERR_CONFLICT, "unique");
    diag_clear(&d);
    cr_expect_eq(put(db, 1000, "c"), ERR_CONFLICT, "check");
    diag_clear(&d);
    cr_expect_eq(db_run(db, &d, NULL, (enum stmt_id)PART, INT64_C(7), INT64_C(1)),
        ERR_CONFLICT, "foreign key");
    diag_clear(&d);
    cr_expect_eq(db_run(db, &d, NULL, (enum stmt_id)PART, INT64_C(1), INT64_MIN),
        ERR_DB, "not null is our mistake");
    cr_expect_eq(count(db), 1);
    db_give(pool, db);
}

Test(db, a_cursor_walks_all_rows_once)
{
    struct db *db = db_take(pool, DB_RW);
    int64_t id, sum = 0;
    const char *name;
    bool more;
    int rows = 0;

    for (int64_t i = 1; i <= 9; i++)
        cr_assert_eq(put(db, i, NULL), ERR_OK);
    for (int round = 0; round < 2; round++) {
        cr_assert_eq(db_each(db, &d, (enum stmt_id)LIST, INT64_C(3)), ERR_OK);
        for (;;) {
            cr_assert_eq(
                db_row(db, &d, a, (enum stmt_id)LIST, &more, &id, &name), ERR_OK);
            if (!more)
                break;
            sum += id;
            rows++;
        }
    }
    cr_expect_eq(rows, 12);
    cr_expect_eq(sum, 2 * (4 + 5 + 6 + 7 + 8 + 9));
    db_give(pool, db);
}

Test(db, one_cursor_a_statement)
{
    struct db *db = db_take(pool, DB_RW);
    int64_t id;
    const char *name;
    bool more;

    cr_assert_eq(put(db, 1, "a"), ERR_OK);
    cr_assert_eq(put(db, 2, "b"), ERR_OK);
    cr_assert_eq(db_each(db, &d, (enum stmt_id)LIST, INT64_C(0)), ERR_OK);
    cr_assert_eq(db_row(db, &d, a, (enum stmt_id)LIST, &more, &id, &name), ERR_OK);
    cr_expect_eq(db_each(db, &d, (enum stmt_id)LIST, INT64_C(0)), ERR_DB);
    db_give(pool, db);
    db = db_take(pool, DB_RW);
    cr_expect_eq(db_each(db, &d, (enum stmt_id)LIST, INT64_C(0)), ERR_OK,
        "giving back closes what was left open");
    db_give(pool, db);
}

Test(db, rows_too_large_for_the_arena_are_refused)
{
    ARENA_SCOPE(small, 32);
    struct db *db = db_take(pool, DB_RW);
    static char text[100];
    int64_t id;
    const char *name;
    struct str data;

    memset(text, 'x', sizeof text - 1);
    cr_assert_eq(put(db, 1, text), ERR_OK);
    cr_expect_eq(
        db_one(db, &d, small, (enum stmt_id)GET, INT64_C(1), &id, &name, &data),
        ERR_TOO_LARGE);
    db_give(pool, db);
}

Test(db, readers_do_not_write)
{
    struct db *db = db_take(pool, DB_RO);

    cr_expect(!db_is_writer(db));
    cr_expect_eq(put(db, 1, "a"), ERR_DB);
    cr_expect_eq(count(db), 0);
    db_give(pool, db);
}

Test(db, an_open_transaction_rolls_back)
{
    struct db *db = db_take(pool, DB_RW);
    {
        TXN_SCOPE(txn);
        cr_assert_eq(txn_begin(&txn, db, &d), ERR_OK);
        cr_assert_eq(put(db, 1, "a"), ERR_OK);
        cr_expect_eq(count(db), 1);
    }
    cr_expect_eq(count(db), 0);
    {
        TXN_SCOPE(txn);
        cr_assert_eq(txn_begin(&txn, db, &d), ERR_OK);
        cr_assert_eq(put(db, 1, "a"), ERR_OK);
        cr_assert_eq(txn_commit(&txn, &d), ERR_OK);
    }
    cr_expect_eq(count(db), 1);
    db_give(pool, db);
}

Test(db, an_inner_transaction_is_part_of_the_outer)
{
    struct db *db = db_take(pool, DB_RW);
    {
        TXN_SCOPE(outer);
        cr_assert_eq(txn_begin(&outer, db, &d), ERR_OK);
        {
            TXN_SCOPE(inner);
            cr_assert_eq(txn_begin(&inner, db, &d), ERR_OK);
            cr_assert_eq(put(db, 1, "a"), ERR_OK);
            cr_assert_eq(txn_commit(&inner, &d), ERR_OK);
        }
        cr_expect_eq(count(db), 1);
    }
    cr_expect_eq(count(db), 0);
    db_give(pool, db);
}

Test(db, a_commit_that_fails_rolls_back)
{
    struct db *db = db_take(pool, DB_RW);
    {
        TXN_SCOPE(txn);
        cr_assert_eq(txn_begin(&txn, db, &d), ERR_OK);
        cr_assert_eq(put(db, 1, "a"), ERR_OK);
        cr_assert_eq(
            db_run(db, &d, NULL, (enum stmt_id)PART, INT64_C(9), INT64_C(1)), ERR_OK);
        cr_expect_eq(txn_commit(&txn, &d), ERR_CONFLICT);
    }
    cr_expect_eq(count(db), 0);
    db_give(pool, db);
}

Test(db, a_reader_keeps_its_snapshot)
{
    struct db *reader = db_take(pool, DB_RO), *writer = db_take(pool, DB_RW);
    {
        TXN_SCOPE(txn);
        cr_assert_eq(txn_begin(&txn, reader, &d), ERR_OK);
        cr_expect_eq(count(reader), 0);
        cr_assert_eq(put(writer, 1, "a"), ERR_OK);
        cr_expect_eq(count(reader), 0);
    }
    cr_expect_eq(count(reader), 1);
    db_give(pool, writer);
    db_give(pool, reader);
}

Test(db, waiting_for_oneself_is_a_bug, .signal = SIGABRT)
{
    struct db *one = db_take(pool, DB_RW);
    struct db *two = db_take(pool, DB_RW);

    cr_assert_fail("%p %p", (void *)one, (void *)two);
}

Test(db, a_transaction_may_not_outlive_its_scope, .signal = SIGABRT)
{
    struct db *db = db_take(pool, DB_RW);
    struct txn txn = {0};

    cr_assert_eq(txn_begin(&txn, db, &d), ERR_OK);
    db_give(pool, db);
}

static atomic_int at_once, most;

/* Reads and adds in one transaction: only one writer at a time keeps the sum. */
static void *
adder(void *arg)
{
    struct diag own = {0};

    for (int i = 0; i < 50; i++) {
        struct db *db = db_take(pool, DB_RW);
        int now = atomic_fetch_add(&at_once, 1) + 1;
        if (now > atomic_load(&most))
            atomic_store(&most, now);
        TXN_SCOPE(txn);
        cr_assert_eq(txn_begin(&txn, db, &own), ERR_OK, "%s", own.text);
        int64_t n = 0;
        ARENA_SCOPE(mine, 4096);
        cr_assert_eq(db_one(db, &own, mine, (enum stmt_id)COUNT, &n), ERR_OK);
        cr_assert_eq(
            db_run(db, &own, NULL, (enum stmt_id)PUT, n + 1, NULL, NULL), ERR_OK);
        cr_assert_eq(txn_commit(&txn, &own), ERR_OK);
        atomic_fetch_sub(&at_once, 1);
        db_give(pool, db);
    }
    return arg;
}

static void *
counter(void *arg)
{
    struct diag own = {0};
    int64_t seen = 0, n = 0;

    for (int i = 0; i < 200; i++) {
        struct db *db = db_take(pool, DB_RO);
        ARENA_SCOPE(mine, 4096);
        cr_assert_eq(db_one(db, &own, mine, (enum stmt_id)COUNT, &n), ERR_OK);
        cr_assert(n >= seen);
        seen = n;
        db_give(pool, db);
    }
    return arg;
}

Test(db, one_writer_and_many_readers_at_once)
{
    pthread_t threads[6];
    struct db *db;

    for (int i = 0; i < 6; i++)
        cr_assert_eq(
            pthread_create(&threads[i], NULL, i < 3 ? adder : counter, NULL), 0);
    for (int i = 0; i < 6; i++)
        pthread_join(threads[i], NULL);
    db = db_take(pool, DB_RO);
    cr_expect_eq(count(db), 150);
    cr_expect_eq(atomic_load(&most), 1);
    db_give(pool, db);
}

TestSuite(letters, .init = folder_make, .fini = folder_drop);

Test(letters, wrong_ones_are_found_when_opening)
{
    static const struct stmt bad[] = {
        {"FEW_IN", "", "i", "SELECT id FROM thing WHERE id = ?1"},
        {"MANY_IN", "ii", "i", "SELECT id FROM thing WHERE id = ?1"},
        {"FEW_OUT", "i", "", "SELECT id FROM thing WHERE id = ?1"},
        {"MANY_OUT", "i", "is", "SELECT id FROM thing WHERE id = ?1"},
        {"LETTER", "f", "i", "SELECT id FROM thing WHERE id = ?1"},
        {"NO_TABLE", "", "i", "SELECT id FROM things"},
        {"NO_SQL", "", "i", "SELEC id FROM thing"},
        {"TWO", "", "i", "SELECT id FROM thing; SELECT 1"},
        {"EMPTY", "", "", ""},
    };
    int from, to;

    cr_assert_eq(migrate_run(&d, db_path, schema, ARRAY_N(schema), &from, &to), ERR_OK);
    for (size_t i = 0; i < ARRAY_N(bad); i++) {
        struct db_pool *p = NULL;
        diag_clear(&d);
        cr_expect_eq(db_pool_open_with(&d, db_path, 1, &bad[i], 1, &p), ERR_DB, "%s",
            bad[i].name);
        cr_expect(strstr(d.text, bad[i].name) != NULL, "%s", d.text);
        cr_expect_null(p);
    }
}

Test(letters, a_missing_file_is_not_made)
{
    struct db_pool *p = NULL;

    cr_expect_eq(db_pool_open_with(&d, db_path, 1, stmts, N, &p), ERR_DB);
    cr_expect_null(p);
}
