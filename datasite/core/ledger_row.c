/* ledger_row.c -- one row of the book: what is said of it, its place in the chain, and
 * its way into the table and back. */
#include "datasite/core/ledger_row.h"

#include "datasite/core/audit.h"

#include <stdio.h>

json_t *
ledger_row_hashed(
    const struct ledger_row *r, const char *dataset_id, const char *measurement)
{
    char time[32], epsilon[32], rho[32], delta[32];

    return json_pack("{s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s,"
                     " s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I}",
        "dataset", dataset_id, "seq", (json_int_t)r->seq, "time",
        clock_text(r->time, time), "kind", r->kind, "scope", r->scope, "project",
        r->project_id, "user", r->user_id, "job", r->job_id, "run", r->run_id, "digest",
        measurement, "measurement", r->label, "mechanism", r->mechanism, "epsilon",
        r->price.eps_nano < 0 ? "" : nano_text(r->price.eps_nano, epsilon), "rho",
        nano_text(r->price.rho_nano, rho), "delta",
        atto_text(r->price.delta_atto, delta), "limit_nano", (json_int_t)r->limit_nano,
        "limit_atto", (json_int_t)r->limit_atto, "reserved_nano",
        (json_int_t)r->reserved_nano, "reserved_atto", (json_int_t)r->reserved_atto,
        "spent_nano", (json_int_t)r->spent_nano, "spent_atto",
        (json_int_t)r->spent_atto);
}

enum err
ledger_row_digest(struct diag *d, const char *before, const json_t *doc, char hash[65])
{
    BUF_SCOPE(text);

    buf_init(&text, BODY_BYTES_MAX);
    buf_addz(&text, before);
    TRY(json_canonical(d, doc, &text));
    if (text.full)
        return FAIL(d, ERR_TOO_LARGE, "a row of the ledger is too long");
    digest_text(digest_bytes(buf_str(&text)), hash);
    return ERR_OK;
}

static enum err
ledger_last(struct ctx *cx, const char *dataset_id, int64_t *seq, const char **hash)
{
    TRY(db_one(cx->db, &cx->diag, cx->arena, STMT_LEDGER_LAST, dataset_id, seq, hash));
    if (*seq == 0)
        *hash = ledger_before_first;
    return ERR_OK;
}

enum err
ledger_head(struct ctx *cx, const char *dataset_id, int64_t *seq)
{
    const char *hash;

    return ledger_last(cx, dataset_id, seq, &hash);
}

enum err
ledger_row_append(
    struct ctx *cx, struct ledger_row *r, const char *dataset_id, const char *reason)
{
    json_auto_t *doc = NULL;
    const char *before;
    char hash[65], verb[24];

    TRY(ledger_last(cx, dataset_id, &r->seq, &before));
    r->seq++;
    r->time = cx->now;
    doc = ledger_row_hashed(r, dataset_id, r->measurement);
    if (doc == NULL)
        return FAIL(&cx->diag, ERR_INTERNAL, "a row of the ledger is not JSON");
    TRY(ledger_row_digest(&cx->diag, before, doc, hash));
    TRY(db_run(cx->db, &cx->diag, NULL, STMT_LEDGER_INSERT, dataset_id, r->seq,
        r->time.us, r->kind, r->scope, r->project_id, r->user_id, r->job_id, r->run_id,
        r->measurement, r->label, r->mechanism, r->price.eps_nano, r->price.rho_nano,
        r->price.delta_atto, r->limit_nano, r->limit_atto, r->reserved_nano,
        r->reserved_atto, r->spent_nano, r->spent_atto, hash));
    if (json_object_set_new(doc, "hash", json_string(hash)) != 0 ||
        (reason != NULL &&
            json_object_set_new(doc, "reason", json_string(reason)) != 0))
        return FAIL(&cx->diag, ERR_INTERNAL, "no memory for an audit entry");
    snprintf(verb, sizeof verb, "budget.%s", r->kind);
    return audit_append(cx, verb, dataset_id, json_incref(doc));
}

enum err
ledger_read(struct ctx *cx, const char *dataset_id, int64_t after, int64_t limit)
{
    return db_each(cx->db, &cx->diag, STMT_LEDGER_LIST, dataset_id, after, limit);
}

enum err
ledger_next(struct ctx *cx, struct ledger_row *r, bool *more)
{
    return db_row(cx->db, &cx->diag, cx->arena, STMT_LEDGER_LIST, more, &r->seq,
        &r->time.us, &r->kind, &r->scope, &r->project_id, &r->user_id, &r->job_id,
        &r->run_id, &r->measurement, &r->label, &r->mechanism, &r->price.eps_nano,
        &r->price.rho_nano, &r->price.delta_atto, &r->limit_nano, &r->limit_atto,
        &r->reserved_nano, &r->reserved_atto, &r->spent_nano, &r->spent_atto, &r->hash);
}
