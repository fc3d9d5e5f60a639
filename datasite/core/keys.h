/* keys.h -- the site's secrets: Ed25519 signing key and the key that hashes tokens. They
 * live in DIR/keys, mode 0400, made on first start; never in the database. */
#ifndef DATASITE_CORE_KEYS_H
#define DATASITE_CORE_KEYS_H

#include "datasite/base/digest.h"
#include "datasite/base/err.h"
#include "datasite/base/str.h"

struct keys; /* memory that is locked and guarded */
/* keys_dir: DIR/keys, made when it is not there. site.key signs, token.key hashes and seals,
 * site.pub is the public half of the first, as text for others. */
enum err keys_open(struct diag *d, const char *keys_dir, struct keys **out) NODISCARD;
void keys_close(struct keys *k);
const uint8_t *keys_public(const struct keys *k); /* 32 bytes, Ed25519 */
void keys_sign(const struct keys *k, struct str msg, uint8_t sig[64]);
bool keys_verify(const uint8_t public_key[32], struct str msg, const uint8_t sig[64]);
/* Keyed hash of a secret, for look-up: what the database holds. purpose ("session", "token")
 * keeps hashes of different kinds apart. */
struct digest keys_token_hash(
    const struct keys *k, const char *purpose, struct str token);
/* Text that must rest unread in the database: encrypted and authenticated, bound to a
 * context such as the row it stands in. keys_unseal: ERR_DB when it was altered. */
enum err keys_seal(const struct keys *k, struct diag *d, struct str context,
    struct str plain, struct buf *out) NODISCARD;
enum err keys_unseal(const struct keys *k, struct diag *d, struct str context,
    struct str sealed, struct buf *out) NODISCARD;

#endif
