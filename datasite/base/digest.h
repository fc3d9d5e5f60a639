/* digest.h -- BLAKE2b-256 for our own chains, SHA-256 where others compare. */
#ifndef DATASITE_BASE_DIGEST_H
#define DATASITE_BASE_DIGEST_H

#include "datasite/base/units.h"

struct digest digest_bytes(struct str s); /* BLAKE2b-256 */
struct digest digest_keyed(const uint8_t key[32], struct str s);
struct digest digest_sha256(struct str s);
bool digest_eq(struct digest a, struct digest b); /* constant time */
char *digest_text(struct digest g, char out[65]); /* hex */
bool digest_parse(struct str hex, struct digest *out);

/* Streaming SHA-256, for uploads. */
struct sha256 {
    _Alignas(16) unsigned char state[128];
};
void sha256_init(struct sha256 *h);
void sha256_add(struct sha256 *h, const void *p, size_t n);
struct digest sha256_end(struct sha256 *h);

#endif
