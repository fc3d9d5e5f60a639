/* session.c -- browser sessions.
 *
 * The cookie is 256 random bits and lives with the browser alone; the database holds its
 * keyed hash. The CSRF token is a keyed hash of the session's id: nothing to store. */
#include "datasite/core/session.h"

#include "datasite/base/enc.h"
#include "datasite/core/audit.h"
#include "datasite/core/keys.h"
#include "datasite/core/password.h"
#include "datasite/core/site.h"
#include "datasite/core/throttle.h"
#include "datasite/core/writer.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define SECOND_US    INT64_C(1000000)
#define USE_NOTED_US (3600 * SECOND_US)

/* Guessing one account from one place is stopped first; the wider limits are wide, because
 * locking an account for everybody would be a weapon of its own. */
static const struct throttle of_pair = {"sign-in.pair", 10, 60};
static const struct throttle of_account = {"sign-in.account", 50, 20};
static const struct throttle of_network = {"sign-in.network", 50, 6};

struct attempt {
    const char *email; /* normal form */
    const char *pair;  /* network and e-mail */
    char network[64];
};

static void
random_text(char out[SESSION_SECRET_BYTES])
{
    unsigned char b[32];

    randombytes_buf(b, sizeof b);
    base64url_text(b, sizeof b, out);
    sodium_memzero(b, sizeof b);
}

static void
hash_text(struct ctx *cx, const char *purpose, const char *secret, char out[65])
{
    digest_text(keys_token_hash(cx->site->keys, purpose, str_of(secret)), out);
}

enum err
session_csrf(struct ctx *cx, const char *session_id, char csrf[SESSION_SECRET_BYTES])
{
    struct digest g = keys_token_hash(cx->site->keys, "csrf", str_of(session_id));

    if (strncmp(session_id, "ses_", 4) != 0)
        return FAIL(&cx->diag, ERR_UNAUTHENTICATED, "this is not a browser session");
    base64url_text(g.b, sizeof g.b, csrf);
    return ERR_OK;
}

enum err
session_open(struct ctx *cx, const struct user *user, struct session_new *out)
{
    char id[ID_BYTES], hash[65];
    TXN_SCOPE(txn);

    out->user = *user;
    random_text(out->cookie);
    hash_text(cx, "session", out->cookie, hash);
    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(db_run(cx->db, &cx->diag, NULL, STMT_SESSION_PRUNE,
        cx->now.us - SESSION_LIFE_S * SECOND_US,
        cx->now.us - SESSION_IDLE_S * SECOND_US));
    TRY(db_run(cx->db, &cx->diag, NULL, STMT_SESSION_INSERT, id_new("ses", id),
        user->id, hash, cx->now.us));
    TRY(session_csrf(cx, id, out->csrf));
    snprintf(cx->actor.id, sizeof cx->actor.id, "%s", user->id);
    TRY(audit_append(cx, "session.create", user->id, NULL));
    return txn_commit(&txn, &cx->diag);
}

static enum err
attempt_init(
    struct ctx *cx, const char *email, const char *address, struct attempt *out)
{
    throttle_network(address, out->network);
    out->email = email_normal(cx->arena, email);
    out->pair = arena_strf(
        cx->arena, "%s\n%s", out->network, out->email != NULL ? out->email : "");
    if (out->email == NULL || out->pair == NULL)
        return FAIL(&cx->diag, ERR_TOO_LARGE, "this needs too much memory");
    return ERR_OK;
}

/* Takes a place in every limit before the password is looked at, so that attempts sent
 * together count one by one. Rolls back, and takes none, when one limit says no. */
static enum err
attempt_begin(struct ctx *cx, const struct attempt *a, int *wait_s)
{
    int wait[3];
    WRITER_SCOPE(writer, cx);
    TXN_SCOPE(txn);

    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(throttle_take(cx, &of_pair, a->pair, &wait[0]));
    TRY(throttle_take(cx, &of_account, a->email, &wait[1]));
    TRY(throttle_take(cx, &of_network, a->network, &wait[2]));
    *wait_s = wait[0];
    for (int i = 1; i < 3; i++)
        *wait_s = wait[i] > *wait_s ? wait[i] : *wait_s;
    if (*wait_s > 0) {
        return FAIL(&cx->diag, ERR_RATE,
            "too many sign-ins that failed; try again in %d seconds", *wait_s);
    }
    return txn_commit(&txn, &cx->diag);
}

static enum err
attempt_refuse(struct ctx *cx, const struct attempt *a, const char *user_id)
{
    WRITER_SCOPE(writer, cx);
    TXN_SCOPE(txn);

    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(audit_append(cx, "session.refuse", user_id != NULL ? user_id : "unknown",
        json_pack("{s:s}", "network", a->network)));
    TRY(txn_commit(&txn, &cx->diag));
    return FAIL(&cx->diag, ERR_UNAUTHENTICATED, "e-mail or password is not right");
}

static enum err
attempt_accept(struct ctx *cx, const struct attempt *a, const char *user_id,
    struct session_new *out)
{
    struct user user;
    WRITER_SCOPE(writer, cx);
    TXN_SCOPE(txn);

    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(throttle_forgive(cx, &of_pair, a->pair));
    TRY(throttle_give_back(cx, &of_account, a->email));
    TRY(throttle_give_back(cx, &of_network, a->network));
    TRY(user_by_id(cx, user_id, &user));
    TRY(session_open(cx, &user, out));
    return txn_commit(&txn, &cx->diag);
}

enum err
session_sign_in(struct ctx *cx, const char *email, struct str password,
    const char *address, struct session_new *out)
{
    const char *user_id = NULL, *hash = "";
    struct attempt a;
    enum err err;
    bool ok;

    *out = (struct session_new){0};
    TRY(attempt_init(cx, email, address, &a));
    TRY(attempt_begin(cx, &a, &out->retry_after_s));
    err = db_one(
        cx->db, &cx->diag, cx->arena, STMT_USER_PASSWORD, a.email, &user_id, &hash);
    if (err == ERR_NOT_FOUND) {
        diag_clear(&cx->diag);
    } else {
        TRY(err);
    }
    err = password_verify(&cx->diag, password, hash, &ok);
    if (err == ERR_RATE)
        out->retry_after_s = 1;
    TRY(err);
    if (!ok)
        return attempt_refuse(cx, &a, user_id);
    return attempt_accept(cx, &a, user_id, out);
}

static enum err
session_touch(struct ctx *cx, const char *id, int64_t used_us)
{
    if (cx->now.us - used_us < USE_NOTED_US)
        return ERR_OK;
    WRITER_SCOPE(writer, cx);
    return db_run(cx->db, &cx->diag, NULL, STMT_SESSION_USE, id, cx->now.us);
}

enum err
session_by_cookie(struct ctx *cx, const char *cookie, struct actor *out, char *csrf)
{
    const char *id, *user_id;
    int64_t roles, used_us;
    char hash[65];
    enum err err;

    hash_text(cx, "session", cookie, hash);
    err = db_one(cx->db, &cx->diag, cx->arena, STMT_SESSION_BY_HASH, hash,
        cx->now.us - SESSION_LIFE_S * SECOND_US,
        cx->now.us - SESSION_IDLE_S * SECOND_US, &id, &user_id, &roles, &used_us);
    if (err == ERR_NOT_FOUND) {
        diag_clear(&cx->diag);
        return FAIL(&cx->diag, ERR_UNAUTHENTICATED, "this session has ended");
    }
    TRY(err);
    *out = (struct actor){.roles = (unsigned)roles};
    snprintf(out->id, sizeof out->id, "%s", user_id);
    snprintf(out->session, sizeof out->session, "%s", id);
    TRY(session_csrf(cx, id, csrf));
    return session_touch(cx, id, used_us);
}

enum err
session_end(struct ctx *cx)
{
    TXN_SCOPE(txn);

    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(db_run(cx->db, &cx->diag, NULL, STMT_SESSION_DELETE, cx->actor.session));
    TRY(audit_append(cx, "session.end", cx->actor.id, NULL));
    return txn_commit(&txn, &cx->diag);
}

enum err
session_end_all(struct ctx *cx, const char *user_id)
{
    return db_run(cx->db, &cx->diag, NULL, STMT_SESSION_DELETE_ALL, user_id);
}

static bool
is_https(const struct site *site)
{
    return strncmp(site->url, "https://", 8) == 0;
}

const char *
session_cookie_name(const struct site *site)
{
    return is_https(site) ? "__Host-datasite" : "datasite";
}

void
session_cookie_text(const struct site *site, const char *secret, char *out, size_t cap)
{
    snprintf(out, cap, "%s=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%lld%s",
        session_cookie_name(site), secret,
        secret[0] != '\0' ? (long long)SESSION_LIFE_S : 0LL,
        is_https(site) ? "; Secure" : "");
}
