/* idempotency.h -- the same POST sent twice has one effect and one answer.
 *
 * How: open a transaction on the writer, begin, run the handler (its transactions join),
 * finish with the answer when it is 2xx, commit, event_wake. Act and answer are then one. */
#ifndef DATASITE_CORE_IDEMPOTENCY_H
#define DATASITE_CORE_IDEMPOTENCY_H

#include "datasite/core/ctx.h"

#define IDEMPOTENCY_KEY_BYTES_MAX 200
#define IDEMPOTENCY_KEEP_S        INT64_C(86400) /* a day */

struct idempotency {
    bool replay; /* give the answer below; do not run the handler */
    int status;
    struct str body;             /* arena memory */
    const char *location, *etag; /* "" for none */
};

/* Looks the actor's key up. fingerprint: of method, path and body. ERR_INVALID: the key is
 * not 1 to 200 visible ASCII characters; ERR_UNPROCESSABLE: it came with another request. */
enum err idempotency_begin(struct ctx *cx, const char *key, struct digest fingerprint,
    struct idempotency *out) NODISCARD;
/* Keeps the answer for a day, sealed with the site's key (it may hold a new token). */
enum err idempotency_finish(struct ctx *cx, const char *key, struct digest fingerprint,
    const struct idempotency *answer) NODISCARD;

#endif
