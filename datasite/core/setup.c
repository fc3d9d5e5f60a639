/* setup.c -- the first account of a new site. */
#include "datasite/core/setup.h"

#include "datasite/base/enc.h"
#include "datasite/core/audit.h"
#include "datasite/core/keys.h"
#include "datasite/core/site.h"

#include <sodium.h>

#define MINUTE_US (60 * INT64_C(1000000))

static enum err
no_accounts_yet(struct ctx *cx, enum err code)
{
    int64_t n;

    TRY(user_count(cx, &n));
    if (n > 0)
        return FAIL(&cx->diag, code, "the setup link is not valid or no longer");
    return ERR_OK;
}

enum err
setup_token_new(struct ctx *cx, char out[SETUP_TOKEN_BYTES])
{
    unsigned char b[32];
    char hash[65];
    TXN_SCOPE(txn);

    randombytes_buf(b, sizeof b);
    base64url_text(b, sizeof b, out);
    sodium_memzero(b, sizeof b);
    digest_text(keys_token_hash(cx->site->keys, "setup", str_of(out)), hash);
    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(no_accounts_yet(cx, ERR_CONFLICT));
    TRY(db_run(cx->db, &cx->diag, NULL, STMT_SETUP_PUT, hash,
        cx->now.us + SETUP_TOKEN_MINUTES * MINUTE_US));
    TRY(audit_append(cx, "setup.link", "site", NULL));
    return txn_commit(&txn, &cx->diag);
}

/* Unknown, used and late tokens get the same answer. */
static enum err
token_is_good(struct ctx *cx, const char *token)
{
    struct digest seen = keys_token_hash(cx->site->keys, "setup", str_of(token)), want;
    const char *hash;
    int64_t expires_us;
    enum err err =
        db_one(cx->db, &cx->diag, cx->arena, STMT_SETUP_GET, &hash, &expires_us);

    if (err != ERR_OK && err != ERR_NOT_FOUND)
        return err;
    diag_clear(&cx->diag);
    if (err == ERR_OK && cx->now.us < expires_us && digest_parse(str_of(hash), &want) &&
        digest_eq(seen, want))
        return no_accounts_yet(cx, ERR_UNAUTHENTICATED);
    return FAIL(
        &cx->diag, ERR_UNAUTHENTICATED, "the setup link is not valid or no longer");
}

enum err
setup_redeem(
    struct ctx *cx, const char *token, const struct user_draft *draft, struct user *out)
{
    struct user_draft first = *draft;
    TXN_SCOPE(txn);

    first.roles = ROLE_ADMIN | ROLE_OWNER;
    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(token_is_good(cx, token));
    TRY(user_create(cx, &first, out));
    TRY(db_run(cx->db, &cx->diag, NULL, STMT_SETUP_END));
    TRY(audit_append(cx, "setup.finish", out->id, NULL));
    return txn_commit(&txn, &cx->diag);
}
