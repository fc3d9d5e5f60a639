/* digest.c -- BLAKE2b-256 and SHA-256. */
#include "datasite/base/digest.h"

#include "datasite/base/enc.h"

#include <sodium.h>

_Static_assert(sizeof(struct sha256) >= sizeof(crypto_hash_sha256_state) &&
        _Alignof(struct sha256) >= _Alignof(crypto_hash_sha256_state),
    "struct sha256 holds the library's state");

static const void *
bytes_of(struct str s)
{
    return s.len == 0 ? "" : s.ptr;
}

struct digest
digest_bytes(struct str s)
{
    struct digest g;

    crypto_generichash(g.b, sizeof g.b, bytes_of(s), s.len, NULL, 0);
    return g;
}

struct digest
digest_keyed(const uint8_t key[32], struct str s)
{
    struct digest g;

    crypto_generichash(g.b, sizeof g.b, bytes_of(s), s.len, key, 32);
    return g;
}

struct digest
digest_sha256(struct str s)
{
    struct digest g;

    crypto_hash_sha256(g.b, bytes_of(s), s.len);
    return g;
}

bool
digest_eq(struct digest a, struct digest b)
{
    return sodium_memcmp(a.b, b.b, sizeof a.b) == 0;
}

char *
digest_text(struct digest g, char out[65])
{
    return hex_text(g.b, sizeof g.b, out);
}

bool
digest_parse(struct str hex, struct digest *out)
{
    return hex_parse(hex, out->b, sizeof out->b);
}

void
sha256_init(struct sha256 *h)
{
    crypto_hash_sha256_init((crypto_hash_sha256_state *)(void *)h->state);
}

void
sha256_add(struct sha256 *h, const void *p, size_t n)
{
    crypto_hash_sha256_update((crypto_hash_sha256_state *)(void *)h->state, p, n);
}

struct digest
sha256_end(struct sha256 *h)
{
    struct digest g;

    crypto_hash_sha256_final((crypto_hash_sha256_state *)(void *)h->state, g.b);
    return g;
}
