/* webhook.c -- addresses that people want to be told of events at. */
#include "datasite/core/webhook.h"

#include "datasite/base/check.h"
#include "datasite/base/enc.h"
#include "datasite/core/audit.h"
#include "datasite/core/event.h"
#include "datasite/core/site.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define URL_BYTES_MAX 500

/* The columns of a webhook, in order. */
#define WEBHOOK_OUT(w)                                                                \
    &(w)->id, &(w)->user_id, &(w)->user_name, &(w)->url, &(w)->failures, &(w)->state, \
        &(w)->last_error, &(w)->created.us

void
webhook_secret(const struct keys *keys, const char *id, char out[WEBHOOK_SECRET_BYTES])
{
    struct digest d = keys_token_hash(keys, "webhook", str_of(id));
    char text[WEBHOOK_SECRET_BYTES];

    base64url_text(d.b, sizeof d.b, text);
    snprintf(out, WEBHOOK_SECRET_BYTES, "whs_%.43s", text);
    sodium_memzero(&d, sizeof d);
}

void
webhook_sign(const char *secret, int64_t unix_s, struct str body,
    char out[WEBHOOK_SIGNATURE_BYTES])
{
    crypto_auth_hmacsha256_state h;
    uint8_t mac[crypto_auth_hmacsha256_BYTES];
    char hex[2 * sizeof mac + 1], at[24];

    snprintf(at, sizeof at, "%lld.", (long long)unix_s);
    crypto_auth_hmacsha256_init(&h, (const uint8_t *)secret, strlen(secret));
    crypto_auth_hmacsha256_update(&h, (const uint8_t *)at, strlen(at));
    crypto_auth_hmacsha256_update(&h, (const uint8_t *)body.ptr, body.len);
    crypto_auth_hmacsha256_final(&h, mac);
    snprintf(out, WEBHOOK_SIGNATURE_BYTES, "t=%lld,v1=%s", (long long)unix_s,
        hex_text(mac, sizeof mac, hex));
}

/* A host and a path in visible ASCII, with no name or password in front. */
static bool
url_is_plain(const char *url)
{
    const char *host = strstr(url, "://") + 3;
    size_t n = strcspn(host, "/?");

    if (n == 0 || host[0] == ':' || memchr(host, '@', n) != NULL)
        return false;
    for (const char *p = url; *p != '\0'; p++) {
        if (*p <= ' ' || *p >= 127 || strchr("\"<>\\^`{|}#", *p) != NULL)
            return false;
    }
    return true;
}

static enum err
url_check(struct ctx *cx, const char *url)
{
    bool secure = strncmp(url, "https://", 8) == 0;
    bool plain = strncmp(url, "http://", 7) == 0;

    if (!secure && !(plain && cx->site->private_webhooks)) {
        return FAIL_FIELD(&cx->diag, ERR_UNPROCESSABLE, "/url",
            "letters go to an address that begins with https://");
    }
    if (strlen(url) > URL_BYTES_MAX || !url_is_plain(url)) {
        return FAIL_FIELD(&cx->diag, ERR_UNPROCESSABLE, "/url",
            "this is no address that letters can be sent to");
    }
    return ERR_OK;
}

/* Of an address the audit log tells the host: the rest may be a secret. */
static json_t *
host_facts(const char *url)
{
    const char *host = strstr(url, "://") + 3;

    return json_pack("{s:s%}", "host", host, strcspn(host, "/?"));
}

enum err
webhook_create(struct ctx *cx, const char *url, struct webhook *out,
    char secret[WEBHOOK_SECRET_BYTES])
{
    int64_t have, latest;
    char id[ID_BYTES];
    TXN_SCOPE(txn);

    TRY(url_check(cx, url));
    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(db_one(cx->db, &cx->diag, cx->arena, STMT_WEBHOOK_COUNT, cx->actor.id, &have));
    if (have >= WEBHOOKS_MAX)
        return FAIL(&cx->diag, ERR_CONFLICT, "you have %d already", WEBHOOKS_MAX);
    TRY(event_latest(cx, &latest));
    TRY(db_run(cx->db, &cx->diag, NULL, STMT_CHANNEL_INSERT, id_new("whk", id),
        cx->actor.id, "webhook", url, latest, cx->now.us));
    TRY(db_one(cx->db, &cx->diag, cx->arena, STMT_WEBHOOK_BY_ID, id, WEBHOOK_OUT(out)));
    TRY(audit_append(cx, "webhook.create", id, host_facts(url)));
    TRY(txn_commit(&txn, &cx->diag));
    webhook_secret(cx->site->keys, id, secret);
    return ERR_OK;
}

enum err
webhook_list(
    struct ctx *cx, const char *after, int64_t limit, struct webhook **out, size_t *n)
{
    const char *whose = cx->actor.roles & ROLE_ADMIN ? NULL : cx->actor.id;
    bool more;

    *n = 0;
    NEW(cx, *out, (size_t)limit);
    TRY(db_each(cx->db, &cx->diag, STMT_WEBHOOK_LIST, whose, after != NULL ? after : "",
        limit));
    for (;;) {
        struct webhook w = {0};

        TRY(db_row(
            cx->db, &cx->diag, cx->arena, STMT_WEBHOOK_LIST, &more, WEBHOOK_OUT(&w)));
        if (!more)
            return ERR_OK;
        CHECK(*n < (size_t)limit);
        (*out)[(*n)++] = w;
    }
}

enum err
webhook_delete(struct ctx *cx, const char *id)
{
    struct webhook w;
    enum err err;
    TXN_SCOPE(txn);

    TRY(txn_begin(&txn, cx->db, &cx->diag));
    err = db_one(cx->db, &cx->diag, cx->arena, STMT_WEBHOOK_BY_ID, id, WEBHOOK_OUT(&w));
    if (err == ERR_NOT_FOUND ||
        (err == ERR_OK && !(cx->actor.roles & ROLE_ADMIN) &&
            strcmp(w.user_id, cx->actor.id) != 0)) {
        diag_clear(&cx->diag);
        return FAIL(&cx->diag, ERR_NOT_FOUND, "no such webhook");
    }
    TRY(err);
    TRY(db_run(cx->db, &cx->diag, NULL, STMT_CHANNEL_DELETE, id));
    TRY(audit_append(cx, "webhook.delete", id, host_facts(w.url)));
    return txn_commit(&txn, &cx->diag);
}
