/* exchange_once.c -- a request with an idempotency key: the handler runs once, and whoever
 * asks again has the first answer. */
#include "datasite/http/exchange_parts.h"

#include "datasite/base/digest.h"
#include "datasite/core/idempotency.h"
#include "datasite/core/writer.h"

#include <stdio.h>

static struct digest
fingerprint(const struct exchange *x)
{
    struct digest body = digest_bytes(buf_str(&x->body));
    BUF_SCOPE(text);

    buf_init(&text, 2 * HEAD_TARGET_BYTES_MAX + 128);
    buf_addf(&text, "%s %s\n", method_name(x->rq.method), x->rq.path);
    buf_add(&text, body.b, sizeof body.b);
    return digest_bytes(buf_str(&text));
}

static enum err
replay(struct exchange *x, const struct idempotency *known)
{
    struct reply *rp = &x->rp;

    json_decref(rp->json);
    rp->json = NULL;
    if (known->body.len > 0)
        TRY(json_parse(&x->cx.diag, known->body, &rp->json));
    rp->status = known->status;
    snprintf(rp->location, sizeof rp->location, "%s", known->location);
    snprintf(rp->etag, sizeof rp->etag, "%s", known->etag);
    return ERR_OK;
}

static enum err
remember(struct exchange *x, const char *key, struct digest print)
{
    const struct reply *rp = &x->rp;
    struct idempotency answer = {.status = rp->status == 0 ? 200 : rp->status,
        .location = rp->location,
        .etag = rp->etag};
    BUF_SCOPE(text);

    buf_init(&text, ANSWER_BYTES_MAX);
    if (rp->json != NULL)
        TRY(json_text(&x->cx.diag, rp->json, &text));
    answer.body = buf_str(&text);
    return idempotency_finish(&x->cx, key, print, &answer);
}

enum err
exchange_run_once(struct exchange *x, const char *key)
{
    struct digest print = fingerprint(x);
    struct idempotency known = {0};
    TXN_SCOPE(txn);

    TRY(txn_begin(&txn, x->cx.db, &x->cx.diag));
    TRY(idempotency_begin(&x->cx, key, print, &known));
    if (known.replay)
        return replay(x, &known);
    TRY(x->route->handle(&x->rq, &x->rp));
    TRY(remember(x, key, print));
    TRY(txn_commit(&txn, &x->cx.diag));
    exchange_wake(x);
    return ERR_OK;
}

/* The record alone, where the act came before it. Of two that acted at once the second
 * gives the first one's answer. */
static enum err
record(struct exchange *x, const char *key, struct digest print)
{
    struct idempotency known = {0};
    WRITER_SCOPE(writer, &x->cx);
    TXN_SCOPE(txn);

    TRY(txn_begin(&txn, x->cx.db, &x->cx.diag));
    TRY(idempotency_begin(&x->cx, key, print, &known));
    if (known.replay)
        return replay(x, &known);
    TRY(remember(x, key, print));
    return txn_commit(&txn, &x->cx.diag);
}

enum err
exchange_run_then_record(struct exchange *x, const char *key)
{
    struct digest print = fingerprint(x);
    struct idempotency known = {0};

    TRY(idempotency_begin(&x->cx, key, print, &known));
    if (known.replay)
        return replay(x, &known);
    TRY(x->route->handle(&x->rq, &x->rp));
    TRY(record(x, key, print));
    exchange_wake(x);
    return ERR_OK;
}
