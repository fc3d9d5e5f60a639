/* ledger_verify.c -- recomputes the book: chains, caps, and what stands beside them. */
#include "datasite/core/ledger.h"

#include "datasite/base/check.h"
#include "datasite/core/ledger_row.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ROWS_AT_ONCE 500

static enum err
row_verify(struct ctx *cx, const char *dataset_id, const struct ledger_row *r,
    int64_t seq, const char *before)
{
    json_auto_t *doc = ledger_row_hashed(r, dataset_id, r->measurement);
    char hash[65];

    if (doc == NULL)
        return FAIL(&cx->diag, ERR_INTERNAL, "no memory for a row of the ledger");
    TRY(ledger_row_digest(&cx->diag, before, doc, hash));
    if (r->seq != seq || strcmp(hash, r->hash) != 0) {
        return FAIL(&cx->diag, ERR_CONFLICT,
            "the ledger of %s is not what was written: row %" PRId64, dataset_id, seq);
    }
    return ERR_OK;
}

static enum err
page_verify(
    struct ctx *cx, const char *dataset_id, int64_t *seq, char before[65], bool *more)
{
    struct ledger_row r;
    int64_t n = 0;

    TRY(ledger_read(cx, dataset_id, *seq, ROWS_AT_ONCE));
    for (;; n++) {
        TRY(ledger_next(cx, &r, more));
        if (!*more)
            break;
        TRY(row_verify(cx, dataset_id, &r, ++*seq, before));
        snprintf(before, 65, "%s", r.hash);
    }
    *more = n == ROWS_AT_ONCE;
    return ERR_OK;
}

static enum err
chain_verify(struct ctx *cx, const char *dataset_id)
{
    char before[65];
    int64_t seq = 0;
    bool more = true;
    struct arena *outer = cx->arena;
    enum err err = ERR_OK;

    snprintf(before, sizeof before, "%s", ledger_before_first);
    while (err == ERR_OK && more) {
        ARENA_SCOPE(page, REQUEST_ARENA_BYTES);
        if (page == NULL)
            return FAIL(&cx->diag, ERR_INTERNAL, "no memory to read the ledger");
        cx->arena = page;
        err = page_verify(cx, dataset_id, &seq, before, &more);
        cx->arena = outer;
    }
    return err;
}

/* A statement that returns what is wrong: no row is good. */
static enum err
none_wrong(struct ctx *cx, enum err found, const char *dataset_id, const char *what,
    const char *which)
{
    if (found == ERR_NOT_FOUND) {
        diag_clear(&cx->diag);
        return ERR_OK;
    }
    TRY(found);
    return FAIL(&cx->diag, ERR_CONFLICT, "dataset %s: %s: %s", dataset_id, what, which);
}

enum err
ledger_verify(struct ctx *cx, const char *dataset_id)
{
    const char *which = "";
    int64_t seq = 0;
    char number[24];
    enum err found;

    TRY(chain_verify(cx, dataset_id));
    found =
        db_one(cx->db, &cx->diag, cx->arena, STMT_LEDGER_CAP_WRONG, dataset_id, &which);
    TRY(none_wrong(cx, found, dataset_id, "a cap is not the sum of its rows", which));
    found = db_one(
        cx->db, &cx->diag, cx->arena, STMT_LEDGER_AUDIT_WRONG, dataset_id, &which);
    TRY(none_wrong(cx, found, dataset_id, "ledger and audit log differ at", which));
    found = db_one(
        cx->db, &cx->diag, cx->arena, STMT_LEDGER_MEASUREMENT_WRONG, dataset_id, &seq);
    snprintf(number, sizeof number, "%" PRId64, seq);
    return none_wrong(cx, found, dataset_id,
        "a charge and its measurement do not match: row", number);
}

/* What a population gave away is what its datasets gave away. */
static enum err
populations_verify(struct ctx *cx)
{
    const char *name = "";
    enum err err = db_one(cx->db, &cx->diag, cx->arena, STMT_POPULATION_WRONG, &name);

    if (err == ERR_NOT_FOUND) {
        diag_clear(&cx->diag);
        return ERR_OK;
    }
    TRY(err);
    return FAIL(&cx->diag, ERR_CONFLICT,
        "the use of population %s is not the sum of its datasets'", name);
}

enum err
ledger_verify_all(struct ctx *cx)
{
    const char *id = "";

    for (;;) {
        enum err err = db_one(cx->db, &cx->diag, cx->arena, STMT_DATASET_IDS, id, &id);
        if (err == ERR_NOT_FOUND) {
            diag_clear(&cx->diag);
            return populations_verify(cx);
        }
        TRY(err);
        TRY(ledger_verify(cx, id));
    }
}
