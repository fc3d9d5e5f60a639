/* db.c -- one writer, N readers, every statement prepared at start. */
#include "datasite/store/db.h"

#include "datasite/base/check.h"
#include "datasite/store/connect.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

const struct stmt db_stmts[] = {
#define STMT(name, in, out, sql) {#name, in, out, sql},
#include "stmts.def"
#undef STMT
    {NULL, NULL, NULL, NULL},
};

struct db {
    struct db *next; /* of the free readers */
    sqlite3 *handle;
    const struct db_pool *pool;
    enum db_mode mode;
    sqlite3_stmt **prepared; /* by statement; NULL where a reader would write */
    bool walked;             /* a cursor may be open */
};

struct db_pool {
    const struct stmt *stmts;
    size_t stmts_n;
    int readers_n;
    struct db *all;  /* the writer, then the readers */
    struct db *free; /* readers nobody has */
    pthread_mutex_t lock;
    pthread_cond_t given;
    bool writer_taken;
    pthread_t writer_holder;
};

/* Preparing */

static enum err
stmt_prepare(struct diag *d, sqlite3 *handle, const struct stmt *s, sqlite3_stmt **out)
{
    const char *tail = "";
    int in_n = (int)strlen(s->in), out_n = (int)strlen(s->out);

    if (strspn(s->in, "isb") != (size_t)in_n || strspn(s->out, "isb") != (size_t)out_n)
        return FAIL(d, ERR_DB, "statement %s: a letter is not one of i, s, b", s->name);
    if (sqlite3_prepare_v3(handle, s->sql, -1, SQLITE_PREPARE_PERSISTENT, out, &tail) !=
            SQLITE_OK ||
        *out == NULL)
        return FAIL(d, ERR_DB, "statement %s: %s", s->name, sqlite3_errmsg(handle));
    if (tail[strspn(tail, " ")] != '\0')
        return FAIL(d, ERR_DB, "statement %s: more than one", s->name);
    if (sqlite3_bind_parameter_count(*out) != in_n) {
        return FAIL(d, ERR_DB, "statement %s: %d letters for %d parameters", s->name,
            in_n, sqlite3_bind_parameter_count(*out));
    }
    if (sqlite3_column_count(*out) != out_n) {
        return FAIL(d, ERR_DB, "statement %s: %d letters for %d columns", s->name,
            out_n, sqlite3_column_count(*out));
    }
    return ERR_OK;
}

static enum err
db_init(struct diag *d, const char *path, enum db_mode mode, const struct db_pool *pool,
    struct db *db)
{
    db->pool = pool;
    db->mode = mode;
    db->prepared = calloc(pool->stmts_n + 1, sizeof(sqlite3_stmt *));
    if (db->prepared == NULL)
        return FAIL(d, ERR_INTERNAL, "no memory for the statements");
    TRY(connect_open(
        d, path, mode == DB_RO ? CONNECT_READ : CONNECT_WRITE, &db->handle));
    for (size_t i = 0; i < pool->stmts_n; i++) {
        TRY(stmt_prepare(d, db->handle, &pool->stmts[i], &db->prepared[i]));
        if (mode == DB_RO && !sqlite3_stmt_readonly(db->prepared[i]))
            statement_drop_p(&db->prepared[i]);
    }
    return ERR_OK;
}

static void
db_release(struct db *db)
{
    for (size_t i = 0; db->prepared != NULL && i < db->pool->stmts_n; i++)
        sqlite3_finalize(db->prepared[i]);
    free(db->prepared);
    connect_close_p(&db->handle);
}

/* The pool */

static enum err
pool_fill(struct diag *d, const char *path, struct db_pool *p)
{
    TRY(db_init(d, path, DB_RW, p, &p->all[0]));
    for (int i = 1; i <= p->readers_n; i++) {
        TRY(db_init(d, path, DB_RO, p, &p->all[i]));
        p->all[i].next = p->free;
        p->free = &p->all[i];
    }
    return ERR_OK;
}

enum err
db_pool_open_with(struct diag *d, const char *path, int readers,
    const struct stmt *stmts, size_t n, struct db_pool **out)
{
    struct db_pool *p = calloc(1, sizeof *p);
    enum err result;

    CHECK(readers > 0);
    if (p == NULL)
        return FAIL(d, ERR_INTERNAL, "no memory for the connections");
    p->stmts = stmts;
    p->stmts_n = n;
    CHECK(pthread_mutex_init(&p->lock, NULL) == 0);
    CHECK(pthread_cond_init(&p->given, NULL) == 0);
    p->all = calloc((size_t)readers + 1, sizeof *p->all);
    if (p->all != NULL)
        p->readers_n = readers;
    result = p->all == NULL ? FAIL(d, ERR_INTERNAL, "no memory for the connections")
                            : pool_fill(d, path, p);
    if (result != ERR_OK) {
        db_pool_close(p);
        return result;
    }
    *out = p;
    return ERR_OK;
}

enum err
db_pool_open(struct diag *d, const char *path, int readers, struct db_pool **out)
{
    return db_pool_open_with(d, path, readers, db_stmts, STMT_N, out);
}

void
db_pool_close(struct db_pool *p)
{
    if (p == NULL)
        return;
    CHECK(!p->writer_taken);
    /* The writer goes last: the last connection to go folds the log into the file, which
     * a reader may not do. */
    for (int i = p->all == NULL ? -1 : p->readers_n; i >= 0; i--)
        db_release(&p->all[i]);
    pthread_cond_destroy(&p->given);
    pthread_mutex_destroy(&p->lock);
    free(p->all);
    free(p);
}

static struct db *
take_writer(struct db_pool *p)
{
    /* Who holds the writer and waits for it would wait for ever. */
    CHECK(!p->writer_taken || !pthread_equal(p->writer_holder, pthread_self()));
    while (p->writer_taken)
        pthread_cond_wait(&p->given, &p->lock);
    p->writer_taken = true;
    p->writer_holder = pthread_self();
    return &p->all[0];
}

static struct db *
take_reader(struct db_pool *p)
{
    struct db *db;

    while (p->free == NULL)
        pthread_cond_wait(&p->given, &p->lock);
    db = p->free;
    p->free = db->next;
    return db;
}

struct db *
db_take(struct db_pool *p, enum db_mode mode)
{
    struct db *db;

    pthread_mutex_lock(&p->lock);
    db = mode == DB_RW ? take_writer(p) : take_reader(p);
    pthread_mutex_unlock(&p->lock);
    return db;
}

bool
db_is_writer(const struct db *db)
{
    return db->mode == DB_RW;
}

/* Closes what a caller left open half way: a cursor holds a snapshot of the file. Only a
 * walk can be; every other call ends what it begins. */
static void
reset_open(struct db *db)
{
    if (!db->walked)
        return;
    db->walked = false;
    for (size_t i = 0; i < db->pool->stmts_n; i++) {
        if (db->prepared[i] != NULL && sqlite3_stmt_busy(db->prepared[i]))
            sqlite3_reset(db->prepared[i]);
    }
}

void
db_give(struct db_pool *p, struct db *db)
{
    reset_open(db);
    CHECK(sqlite3_get_autocommit(db->handle)); /* no transaction outlives its scope */
    pthread_mutex_lock(&p->lock);
    if (db->mode == DB_RW) {
        p->writer_taken = false;
    } else {
        db->next = p->free;
        p->free = db;
    }
    pthread_cond_broadcast(&p->given);
    pthread_mutex_unlock(&p->lock);
}

/* Statements */

/* va_list wrapped, so that a pointer to it means the same on every machine. */
struct args {
    va_list ap;
};

static int
bind_one(sqlite3_stmt *s, int at, char letter, struct args *args)
{
    const struct str *blob;
    const char *text;
    int64_t v;

    switch (letter) {
    case 'i':
        v = va_arg(args->ap, int64_t);
        return v == INT64_MIN ? sqlite3_bind_null(s, at) : sqlite3_bind_int64(s, at, v);
    case 's':
        text = va_arg(args->ap, const char *);
        return sqlite3_bind_text(s, at, text, -1, SQLITE_TRANSIENT);
    case 'b':
        blob = va_arg(args->ap, const struct str *);
        if (blob == NULL || blob->ptr == NULL)
            return sqlite3_bind_null(s, at);
        return sqlite3_bind_blob64(s, at, blob->ptr, blob->len, SQLITE_TRANSIENT);
    default:
        UNREACHABLE(); /* stmt_prepare saw the letters */
    }
}

/* The statement with its parameters bound, ready for its first step. */
static enum err
stmt_bind(struct db *db, struct diag *d, enum stmt_id id, struct args *args,
    sqlite3_stmt **out)
{
    const struct stmt *info = &db->pool->stmts[id];
    sqlite3_stmt *s;

    CHECK((size_t)id < db->pool->stmts_n);
    s = db->prepared[id];
    if (s == NULL)
        return FAIL(d, ERR_DB, "%s writes; this connection only reads", info->name);
    if (sqlite3_stmt_busy(s))
        return FAIL(d, ERR_DB, "%s is still open", info->name);
    sqlite3_reset(s);
    for (int i = 0; info->in[i] != '\0'; i++) {
        if (bind_one(s, i + 1, info->in[i], args) != SQLITE_OK)
            return connect_fail(d, db->handle, info->name);
    }
    *out = s;
    return ERR_OK;
}

static enum err
read_text(sqlite3_stmt *s, int at, struct diag *d, struct arena *a, const char **out)
{
    const char *text = (const char *)sqlite3_column_text(s, at);

    *out = NULL;
    if (text == NULL)
        return ERR_OK;
    *out = arena_strn(a, text, (size_t)sqlite3_column_bytes(s, at));
    return *out != NULL ? ERR_OK : FAIL(d, ERR_TOO_LARGE, "this needs too much memory");
}

static enum err
read_blob(sqlite3_stmt *s, int at, struct diag *d, struct arena *a, struct str *out)
{
    const char *bytes = sqlite3_column_blob(s, at);

    *out = (struct str){NULL, (size_t)sqlite3_column_bytes(s, at)};
    if (sqlite3_column_type(s, at) == SQLITE_NULL)
        return ERR_OK;
    out->ptr = arena_strn(a, bytes, out->len);
    return out->ptr != NULL ? ERR_OK
                            : FAIL(d, ERR_TOO_LARGE, "this needs too much memory");
}

static enum err
read_row(sqlite3_stmt *s, const char *letters, struct diag *d, struct arena *a,
    struct args *args)
{
    for (int i = 0; letters[i] != '\0'; i++) {
        switch (letters[i]) {
        case 'i':
            *va_arg(args->ap, int64_t *) = sqlite3_column_type(s, i) == SQLITE_NULL
                ? INT64_MIN
                : sqlite3_column_int64(s, i);
            break;
        case 's':
            TRY(read_text(s, i, d, a, va_arg(args->ap, const char **)));
            break;
        case 'b':
            TRY(read_blob(s, i, d, a, va_arg(args->ap, struct str *)));
            break;
        default:
            UNREACHABLE(); /* stmt_prepare saw the letters */
        }
    }
    return ERR_OK;
}

/* Steps to the end, past rows that nobody asked for. */
static enum err
step_to_end(struct db *db, struct diag *d, sqlite3_stmt *s, enum stmt_id id)
{
    int step;

    do {
        step = sqlite3_step(s);
    } while (step == SQLITE_ROW);
    return step == SQLITE_DONE ? ERR_OK
                               : connect_fail(d, db->handle, db->pool->stmts[id].name);
}

enum err
db_run(struct db *db, struct diag *d, int64_t *changed, enum stmt_id id, ...)
{
    sqlite3_stmt *s = NULL;
    struct args args;
    enum err result;

    va_start(args.ap, id);
    result = stmt_bind(db, d, id, &args, &s);
    va_end(args.ap);
    TRY(result);
    result = step_to_end(db, d, s, id);
    if (changed != NULL)
        *changed = sqlite3_changes64(db->handle);
    sqlite3_reset(s);
    return result;
}

static enum err
first_row(
    struct db *db, struct diag *d, struct arena *a, enum stmt_id id, struct args *args)
{
    const struct stmt *info = &db->pool->stmts[id];
    sqlite3_stmt *s = NULL;
    enum err result = stmt_bind(db, d, id, args, &s);
    int step;

    TRY(result);
    step = sqlite3_step(s);
    if (step == SQLITE_ROW) {
        result = read_row(s, info->out, d, a, args);
    } else if (step == SQLITE_DONE) {
        result = FAIL(d, ERR_NOT_FOUND, "there is no such thing");
    } else {
        result = connect_fail(d, db->handle, info->name);
    }
    /* What RETURNING tells is done only when the statement is. */
    if (result == ERR_OK && !sqlite3_stmt_readonly(s))
        result = step_to_end(db, d, s, id);
    sqlite3_reset(s);
    return result;
}

enum err
db_one(struct db *db, struct diag *d, struct arena *a, enum stmt_id id, ...)
{
    struct args args;
    enum err result;

    va_start(args.ap, id);
    result = first_row(db, d, a, id, &args);
    va_end(args.ap);
    return result;
}

enum err
db_each(struct db *db, struct diag *d, enum stmt_id id, ...)
{
    sqlite3_stmt *s = NULL;
    struct args args;
    enum err result;

    va_start(args.ap, id);
    result = stmt_bind(db, d, id, &args, &s);
    va_end(args.ap);
    db->walked = true;
    return result;
}

enum err
db_row(struct db *db, struct diag *d, struct arena *a, enum stmt_id id, bool *more, ...)
{
    sqlite3_stmt *s = db->prepared[id];
    struct args args;
    enum err result = ERR_OK;
    int step = sqlite3_step(s);

    *more = step == SQLITE_ROW;
    if (step == SQLITE_ROW) {
        va_start(args.ap, more);
        result = read_row(s, db->pool->stmts[id].out, d, a, &args);
        va_end(args.ap);
    } else if (step != SQLITE_DONE) {
        result = connect_fail(d, db->handle, db->pool->stmts[id].name);
    }
    if (step != SQLITE_ROW || result != ERR_OK)
        sqlite3_reset(s);
    return result;
}

/* Transactions */

enum err
txn_begin(struct txn *t, struct db *db, struct diag *d)
{
    CHECK(t->db == NULL);
    if (!sqlite3_get_autocommit(db->handle))
        return ERR_OK; /* the outer one commits or rolls back for both */
    TRY(connect_exec(d, db->handle, db->mode == DB_RW ? "BEGIN IMMEDIATE" : "BEGIN"));
    t->db = db;
    return ERR_OK;
}

enum err
txn_commit(struct txn *t, struct diag *d)
{
    if (t->db == NULL)
        return ERR_OK;
    TRY(connect_exec(d, t->db->handle, "COMMIT"));
    t->db = NULL;
    return ERR_OK;
}

void
txn_end(struct txn *t)
{
    if (t->db == NULL)
        return;
    reset_open(t->db);
    /* SQLite rolls back by itself after some failures; then there is none left to end. */
    if (!sqlite3_get_autocommit(t->db->handle))
        CHECK(sqlite3_exec(t->db->handle, "ROLLBACK", NULL, NULL, NULL) == SQLITE_OK);
    t->db = NULL;
}
