/* checkpoint.h -- the head of the audit log, signed: one who keeps it can show later what
 * the log said. {"entries","head","time","signature","key"}; the signature (Ed25519,
 * base64url) is over AUDIT_HEAD_DOMAIN and the canonical JSON of the other members but
 * "key". */
#ifndef DATASITE_CORE_CHECKPOINT_H
#define DATASITE_CORE_CHECKPOINT_H

#include "datasite/core/audit.h"
#include "datasite/core/keys.h"

#define AUDIT_HEAD_DOMAIN "datasite-audit-head-v1\n"

struct checkpoint {
    int64_t entries;
    const char *head, *time, *signature, *key;
};

/* Signs the newest entry, unless that was done: *out is the newest checkpoint. Commits,
 * or joins the open transaction. */
enum err checkpoint_make(struct ctx *cx, struct checkpoint *out) NODISCARD;
/* Is there something new, and the last one a day old or a thousand entries back? */
enum err checkpoint_is_due(struct ctx *cx, bool *out) NODISCARD;
/* Oldest first, those past `after` entries. */
enum err checkpoint_list(struct ctx *cx, int64_t after, int64_t limit,
    struct checkpoint **out, size_t *n) NODISCARD;
json_t *checkpoint_json(const struct checkpoint *c); /* owned; NULL: no memory */

/* Adds "signature" and "key" to a head, {"entries","head"} at least. */
enum err head_sign(struct diag *d, const struct keys *keys, json_t *doc) NODISCARD;
/* A signed head as a mark for audit_verify. ERR_CONFLICT: it bears no signature of this
 * key, or is no head. */
enum err head_mark(struct diag *d, const json_t *doc, const uint8_t key[32],
    struct audit_mark *out) NODISCARD;
/* All checkpoints of the database, in arena memory. */
enum err checkpoint_marks(
    struct ctx *cx, const uint8_t key[32], struct audit_marks *out) NODISCARD;

#endif
