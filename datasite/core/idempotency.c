/* idempotency.c -- the same POST sent twice has one effect and one answer. */
#include "datasite/core/idempotency.h"

#include "datasite/core/keys.h"
#include "datasite/core/site.h"

#include <string.h>

#define SECOND_US INT64_C(1000000)

static enum err
key_check(struct diag *d, const char *key)
{
    size_t len = strlen(key);

    if (len < 1 || len > IDEMPOTENCY_KEY_BYTES_MAX) {
        return FAIL(d, ERR_INVALID, "Idempotency-Key: 1 to %d characters",
            IDEMPOTENCY_KEY_BYTES_MAX);
    }
    for (size_t i = 0; i < len; i++) {
        if (key[i] <= ' ' || key[i] >= 0x7F) {
            return FAIL(
                d, ERR_INVALID, "Idempotency-Key: visible ASCII characters only");
        }
    }
    return ERR_OK;
}

/* An answer is sealed for the row it stands in. */
static char *
context_text(struct ctx *cx, const char *key)
{
    return arena_strf(cx->arena, "idempotency\n%s\n%s", cx->actor.id, key);
}

static enum err
replay(struct ctx *cx, const char *key, struct str sealed, struct idempotency *out)
{
    BUF_SCOPE(plain);

    buf_init(&plain, BODY_BYTES_MAX);
    TRY(keys_unseal(
        cx->site->keys, &cx->diag, str_of(context_text(cx, key)), sealed, &plain));
    out->body = (struct str){arena_strn(cx->arena, plain.ptr, plain.len), plain.len};
    if (out->body.ptr == NULL)
        return FAIL(&cx->diag, ERR_TOO_LARGE, "this needs too much memory");
    out->replay = true;
    return ERR_OK;
}

enum err
idempotency_begin(
    struct ctx *cx, const char *key, struct digest fingerprint, struct idempotency *out)
{
    const char *kept;
    char mine[65];
    struct str sealed;
    int64_t status;
    enum err err;

    *out = (struct idempotency){0};
    TRY(key_check(&cx->diag, key));
    err = db_one(cx->db, &cx->diag, cx->arena, STMT_IDEMPOTENCY_GET, cx->actor.id, key,
        cx->now.us - IDEMPOTENCY_KEEP_S * SECOND_US, &kept, &status, &sealed,
        &out->location, &out->etag);
    if (err == ERR_NOT_FOUND) {
        diag_clear(&cx->diag);
        return ERR_OK;
    }
    TRY(err);
    if (strcmp(kept, digest_text(fingerprint, mine)) != 0) {
        return FAIL(&cx->diag, ERR_UNPROCESSABLE,
            "this Idempotency-Key came with another request before");
    }
    out->status = (int)status;
    return replay(cx, key, sealed, out);
}

enum err
idempotency_finish(struct ctx *cx, const char *key, struct digest fingerprint,
    const struct idempotency *answer)
{
    char print[65];
    struct str sealed;
    BUF_SCOPE(box);
    TXN_SCOPE(txn);

    buf_init(&box, BODY_BYTES_MAX);
    TRY(keys_seal(
        cx->site->keys, &cx->diag, str_of(context_text(cx, key)), answer->body, &box));
    sealed = buf_str(&box);
    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(db_run(cx->db, &cx->diag, NULL, STMT_IDEMPOTENCY_PRUNE,
        cx->now.us - IDEMPOTENCY_KEEP_S * SECOND_US));
    TRY(db_run(cx->db, &cx->diag, NULL, STMT_IDEMPOTENCY_PUT, cx->actor.id, key,
        digest_text(fingerprint, print), (int64_t)answer->status, &sealed,
        answer->location != NULL ? answer->location : "",
        answer->etag != NULL ? answer->etag : "", cx->now.us));
    return txn_commit(&txn, &cx->diag);
}
