/* vault_seal.h -- sealing what is stored: bound to its place, under a key. */
#ifndef SANDBOX_VAULT_VAULT_SEAL_H
#define SANDBOX_VAULT_VAULT_SEAL_H

#include "datasite/base/err.h"
#include "datasite/base/str.h"
#include "policies/schema.h"

#include <sodium.h>

#define VAULT_KEY_BYTES crypto_aead_xchacha20poly1305_ietf_KEYBYTES
#define VAULT_SEAL_BYTES                            \
    (crypto_aead_xchacha20poly1305_ietf_NPUBBYTES + \
        crypto_aead_xchacha20poly1305_ietf_ABYTES)

_Static_assert(VAULT_KEY_BYTES == 32, "keys are 32 bytes");

/* Where a sealed text belongs. Its digest is authenticated with it; lengths go before
 * texts there, so that no two places read the same. */
struct vault_place {
    const char *dataset;
    int64_t version;
    const struct schema_column *column; /* NULL: the keys of the version */
    int64_t number, rows;
};

enum err vault_seal(struct diag *d, const unsigned char *key,
    const struct vault_place *p, struct str plain, struct buf *out) NODISCARD;
/* plain has room for sealed.len bytes. */
enum err vault_unseal(struct diag *d, const unsigned char *key,
    const struct vault_place *p, struct str sealed, void *plain, size_t *n) NODISCARD;

#endif
