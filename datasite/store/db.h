/* db.h -- one writer, N readers, every statement named in schema/queries and prepared at
 * start. WAL, synchronous=FULL. */
#ifndef DATASITE_STORE_DB_H
#define DATASITE_STORE_DB_H

#include "datasite/base/arena.h"
#include "datasite/base/err.h"
#include "datasite/base/str.h"

#include <stddef.h>
#include <stdint.h>

enum db_mode {
    DB_RO,
    DB_RW
};
enum stmt_id {
#define STMT(name, in, out, sql) STMT_##name,
#include "stmts.def"
#undef STMT
    STMT_N
};

/* A statement as schema/queries names it. Letters of what is bound: i int64_t (pass that
 * type: `int` in a variable argument is undefined), s text (const char *), b blob (struct
 * str *); of what is read: i int64_t *, s const char ** (arena copy), b struct str *
 * (arena copy). Null is a NULL pointer, a slice with a NULL pointer, INT64_MIN. */
struct stmt {
    const char *name, *in, *out, *sql;
};
extern const struct stmt db_stmts[]; /* STMT_N of them, by stmt_id */

struct db;
struct db_pool;

/* Opens after migrate_run. Prepares every statement on every connection and compares its
 * letters with its SQL; readers hold only what reads. */
enum err db_pool_open(
    struct diag *d, const char *path, int readers, struct db_pool **out) NODISCARD;
/* The same over another table of statements; the ids are its indexes. */
enum err db_pool_open_with(struct diag *d, const char *path, int readers,
    const struct stmt *stmts, size_t n, struct db_pool **out) NODISCARD;
void db_pool_close(struct db_pool *p);
struct db *db_take(
    struct db_pool *p, enum db_mode mode); /* blocks; pair with db_give */
void db_give(struct db_pool *p, struct db *db);
bool db_is_writer(const struct db *db); /* this connection came from db_take(DB_RW) */

/* Runs to completion. *changed may be NULL. A UNIQUE, CHECK or FOREIGN KEY violation is
 * ERR_CONFLICT; anything else ERR_DB. */
enum err db_run(
    struct db *db, struct diag *d, int64_t *changed, enum stmt_id id, ...) NODISCARD;
/* Exactly the first row: bind values by `in`, then result pointers by `out`.
 * ERR_NOT_FOUND: no row. Text lives in a. */
enum err db_one(
    struct db *db, struct diag *d, struct arena *a, enum stmt_id id, ...) NODISCARD;
/* Rows: bind, then step with db_row until *more is false. One open cursor per statement. */
enum err db_each(struct db *db, struct diag *d, enum stmt_id id, ...) NODISCARD;
enum err db_row(struct db *db, struct diag *d, struct arena *a, enum stmt_id id,
    bool *more, ...) NODISCARD;

struct txn {
    struct db *db;
};
enum err txn_begin(struct txn *t, struct db *db,
    struct diag *d) NODISCARD; /* BEGIN IMMEDIATE; joins an open one */
enum err txn_commit(struct txn *t, struct diag *d) NODISCARD;
void txn_end(struct txn *t); /* rolls back if still open */
#define TXN_SCOPE(name) struct txn name __attribute__((cleanup(txn_end))) = {0}

#endif
