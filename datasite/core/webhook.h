/* webhook.h -- addresses that people want to be told of events at. Each has a secret,
 * shown once, that signs what is sent: a keyed hash of its id, stored nowhere. */
#ifndef DATASITE_CORE_WEBHOOK_H
#define DATASITE_CORE_WEBHOOK_H

#include "datasite/core/ctx.h"
#include "datasite/core/keys.h"

#define WEBHOOKS_MAX         10 /* of one person */
#define WEBHOOK_SECRET_BYTES 48

struct webhook {
    const char *id, *user_id, *user_name, *url;
    const char *state; /* "active", "given_up" */
    int64_t failures;  /* of the letter that is tried now */
    const char *last_error;
    struct unixus created;
};

/* Of the actor, told of what comes from now on. The URL is https; http too, and
 * addresses of no public kind, where the site allows it (site->private_webhooks): which
 * address a name leads to is looked at when a letter is sent. */
enum err webhook_create(struct ctx *cx, const char *url, struct webhook *out,
    char secret[WEBHOOK_SECRET_BYTES]) NODISCARD;
/* The actor's own; all for an administrator. */
enum err webhook_list(struct ctx *cx, const char *after, int64_t limit,
    struct webhook **out, size_t *n) NODISCARD;
enum err webhook_delete(struct ctx *cx, const char *id) NODISCARD;

void webhook_secret(
    const struct keys *keys, const char *id, char out[WEBHOOK_SECRET_BYTES]);
/* "t=1700000000,v1=…": HMAC-SHA256 with the secret over "1700000000." and the body. */
#define WEBHOOK_SIGNATURE_BYTES 96
void webhook_sign(const char *secret, int64_t unix_s, struct str body,
    char out[WEBHOOK_SIGNATURE_BYTES]);

#endif
