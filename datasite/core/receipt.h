/* receipt.h -- what a released result was made from, signed.
 *
 * A receipt is {"receipt":{…},"signature":"…","key":"…","digests":{…}} (base64url): the
 * site's Ed25519 signature over RECEIPT_DOMAIN and the canonical JSON of the member
 * "receipt". The digests (leaves.h) name what changed where the signature fails. */
#ifndef DATASITE_CORE_RECEIPT_H
#define DATASITE_CORE_RECEIPT_H

#include "datasite/core/release.h"

#define RECEIPT_DOMAIN "datasite-receipt-v1\n"

/* The signed receipt of a job that is being released, as text. */
enum err receipt_make(struct ctx *cx, const struct job *j, const struct result *r,
    const char **out) NODISCARD;
/* Does the signature hold under this key? false: not, or not a receipt. */
bool receipt_verify(
    struct diag *d, const json_t *signed_receipt, const uint8_t key[32]);

#endif
