/* bench_audit.c -- entries of the audit log that are verified in a second, beside the hash
 * alone over as many bytes. */
#include "datasite/base/check.h"
#include "datasite/base/embed.h"
#include "datasite/core/audit.h"
#include "datasite/store/migrate.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ENTRIES        20000
#define MIGRATIONS_MAX 64
#define ENTRY_BYTES    300 /* of a charge, about */

static double
seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The walk ends the program where it fails: a figure without it would be none. */
static void
must(enum err err, const struct diag *d)
{
    if (err == ERR_OK)
        return;
    fprintf(stderr, "bench_audit: %s\n", d->text);
    exit(1);
}

static void
database_make(struct ctx *cx, const char *path, struct db_pool **pool)
{
    struct migration list[MIGRATIONS_MAX];
    int from, to;
    size_t n = 0;

    for (size_t i = 0; i < embedded_n && n < MIGRATIONS_MAX; i++) {
        if (strncmp(embedded[i].path, "schema/0", 8) == 0)
            list[n++] = (struct migration){embedded[i].path + 7, embedded[i].bytes};
    }
    must(migrate_run(&cx->diag, path, list, n, &from, &to), &cx->diag);
    must(db_pool_open(&cx->diag, path, 1, pool), &cx->diag);
}

/* Entries like a charge's. */
static void
entries_make(struct ctx *cx)
{
    struct arena *outer = cx->arena;
    TXN_SCOPE(txn);

    must(txn_begin(&txn, cx->db, &cx->diag), &cx->diag);
    for (int i = 0; i < ENTRIES; i++) {
        ARENA_SCOPE(arena, 1 << 20);

        cx->arena = arena;
        must(audit_append(cx, "budget.charge", "dst_01ARZ3NDEKTSV4RRFFQ69G5FAV",
                 json_pack("{s:s, s:s, s:s, s:i, s:s}", "epsilon", "0.1", "label",
                     "count of admissions", "mechanism", "discrete_laplace", "seq", i,
                     "hash",
                     "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde"
                     "f")),
            &cx->diag);
    }
    cx->arena = outer;
    must(txn_commit(&txn, &cx->diag), &cx->diag);
}

static double
chain_rate(struct ctx *cx)
{
    struct digest head;
    int64_t entries, bad;
    double begin = seconds();

    must(audit_verify(cx, NULL, &entries, &head, &bad), &cx->diag);
    CHECK(entries == ENTRIES);
    return ENTRIES / (seconds() - begin);
}

static double
lines_rate(struct ctx *cx, struct str text)
{
    struct digest head;
    int64_t entries, bad;
    double begin = seconds();

    must(audit_verify_lines(&cx->diag, text, NULL, &entries, &head, &bad), &cx->diag);
    CHECK(entries == ENTRIES);
    return ENTRIES / (seconds() - begin);
}

/* The chain of hashes and nothing else: what no verifier can go below. */
static double
hash_rate(void)
{
    char entry[32 + ENTRY_BYTES];
    struct digest head = {{0}};
    double begin = seconds();

    memset(entry, 'x', sizeof entry);
    for (int i = 0; i < ENTRIES; i++) {
        memcpy(entry, head.b, sizeof head.b);
        head = digest_bytes((struct str){entry, sizeof entry});
    }
    CHECK(head.b[0] != 'x' || head.b[1] != 'x');
    return ENTRIES / (seconds() - begin);
}

int
main(void)
{
    char folder[] = "/tmp/bench-audit-XXXXXX", path[64], command[64];
    struct ctx cx = {.now = clock_wall(),
        .actor = {.roles = ROLE_SYSTEM},
        .arena = arena_new((size_t)64 << 20)};
    struct db_pool *pool;
    double chain, lines, hash;
    BUF_SCOPE(text);

    CHECK(sodium_init() != -1 && mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/datasite.db", folder);
    database_make(&cx, path, &pool);
    cx.db = db_take(pool, DB_RW);
    entries_make(&cx);
    buf_init(&text, (size_t)256 << 20);
    must(audit_export_lines(&cx, 0, ENTRIES, &text), &cx.diag);
    chain = chain_rate(&cx);
    lines = lines_rate(&cx, buf_str(&text));
    hash = hash_rate();
    printf("audit verify, database  %10.0f entries/s\n", chain);
    printf("audit verify, export    %10.0f entries/s\n", lines);
    printf("the hashes alone        %10.0f entries/s (verifying costs %.0f times)\n",
        hash, hash / chain);
    db_give(pool, cx.db);
    db_pool_close(pool);
    arena_free(cx.arena);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) == 0 ? 0 : 1;
}
