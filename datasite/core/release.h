/* release.h -- the second gate: results that wait, the act of letting go, the receipt.
 *
 * A receipt is {"receipt":{…},"signature":"…","key":"…","digests":{…}} (base64url): the
 * site's Ed25519 signature over RECEIPT_DOMAIN and the canonical JSON of the member
 * "receipt". The digests (leaves.h) name what changed where the signature fails. */
#ifndef DATASITE_CORE_RELEASE_H
#define DATASITE_CORE_RELEASE_H

#include "datasite/core/differencing.h"

#define RECEIPT_DOMAIN "datasite-receipt-v1\n"

struct result {
    const char *run_id, *outputs_json, *measurements_json, *log, *sha256, *checks_json;
    const char *receipt_json; /* NULL before release */
    struct unixus made, released;
};

/* Stores what a run returned. Inside a transaction. */
enum err release_hold(struct ctx *cx, const struct job *j, const char *run_id,
    const json_t *outputs, const json_t *measurements, struct str log) NODISCARD;
/* Running or held to released: makes and signs the receipt. Inside a transaction. */
enum err release_publish(struct ctx *cx, struct job *j, const char *comment) NODISCARD;
/* The owner's decision about a held result. */
enum err release_decide(
    struct ctx *cx, struct job *j, bool release, const char *comment) NODISCARD;
enum err release_load(struct ctx *cx, const char *job_id, struct result *out) NODISCARD;
/* The stored checks; of a held result also how it goes with what was released, as of
 * now. *out is the caller's. */
enum err release_checks(struct ctx *cx, const struct job *j, const struct result *r,
    struct differencing *with, json_t **out) NODISCARD;

/* Does the signature hold, and under which key? false: not, or not a receipt. */
bool receipt_verify(
    struct diag *d, const json_t *signed_receipt, const uint8_t key[32]);

#endif
