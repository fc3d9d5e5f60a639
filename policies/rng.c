/* rng.c -- fast-key-erasure ChaCha20 over a page that a fork does not copy. */
#include "policies/rng.h"

#include "datasite/base/check.h"
#include "policies/rng_state.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

_Static_assert(
    crypto_stream_chacha20_KEYBYTES == RNG_KEY_BYTES, "the pool starts with a key");

/* Noise without entropy is no noise: there is nothing to fall back to. */
static void
key_from_kernel(struct rng *r)
{
    CHECK(getrandom(r->pool, RNG_KEY_BYTES, 0) == RNG_KEY_BYTES);
    r->keyed = true;
}

/* Expands the key into a pool whose first bytes are the next key. A key is used once,
 * hence the constant nonce. */
static void
refill(struct rng *r)
{
    static const uint8_t nonce[crypto_stream_chacha20_NONCEBYTES];
    uint8_t key[RNG_KEY_BYTES];

    if (!r->keyed)
        key_from_kernel(r);
    memcpy(key, r->pool, sizeof key);
    crypto_stream_chacha20(r->pool, sizeof r->pool, nonce, key);
    sodium_memzero(key, sizeof key);
    r->left = RNG_POOL_BYTES - RNG_KEY_BYTES;
}

struct rng *
rng_new(void)
{
    struct rng *r = mmap(
        NULL, sizeof *r, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    CHECK(r != MAP_FAILED);
    CHECK(madvise(r, sizeof *r, MADV_WIPEONFORK) == 0);
    (void)madvise(r, sizeof *r, MADV_DONTDUMP); /* a kernel without it still serves */
    CHECK(sodium_init() != -1);
    key_from_kernel(r);
#ifdef DATASITE_TEST_SEED
    const char *noise = getenv("DATASITE_TEST_NOISE");

    r->constant = noise != NULL && strcmp(noise, "constant") == 0;
#endif
    return r;
}

void
rng_free(struct rng *r)
{
    if (r == NULL)
        return;
    sodium_memzero(r, sizeof *r);
    (void)munmap(r, sizeof *r);
}

void
rng_fill(struct rng *r, void *p, size_t n)
{
    uint8_t *out = p;

    while (n > 0) {
        if (r->left == 0)
            refill(r);
        uint8_t *from = r->pool + RNG_POOL_BYTES - r->left;
        size_t part = n < r->left ? n : r->left;

        memcpy(out, from, part);
        memset(from, 0, part);
        r->left -= part;
        out += part;
        n -= part;
    }
}

uint64_t
rng_word(struct rng *r)
{
    uint64_t w;

    if (r->left < sizeof w)
        refill(r);
    uint8_t *from = r->pool + RNG_POOL_BYTES - r->left;

    memcpy(&w, from, sizeof w);
    memset(from, 0, sizeof w);
    r->left -= sizeof w;
    return w;
}

/* Takes as many bits as m - 1 has and rejects what is too great: under two tries. */
uint64_t
rng_below(struct rng *r, uint64_t m)
{
    CHECK(m > 0);
    if (m == 1)
        return 0;
    uint64_t mask = UINT64_MAX >> __builtin_clzll(m - 1);
    uint64_t x;

    do {
        x = rng_word(r) & mask;
    } while (x >= m);
    return x;
}

unsigned __int128
rng_below128(struct rng *r, unsigned __int128 m)
{
    CHECK(m > 0);
    if (m <= UINT64_MAX)
        return rng_below(r, (uint64_t)m);
    uint64_t top = (uint64_t)((m - 1) >> 64);
    uint64_t mask = top == 0 ? 0 : UINT64_MAX >> __builtin_clzll(top);
    unsigned __int128 x;

    do {
        x = (unsigned __int128)(rng_word(r) & mask) << 64 | rng_word(r);
    } while (x >= m);
    return x;
}

#ifdef DATASITE_TEST_SEED
struct rng *
rng_seeded(uint64_t seed)
{
    struct rng *r = rng_new();

    memset(r->pool, 0, RNG_KEY_BYTES);
    memcpy(r->pool, &seed, sizeof seed);
    return r;
}

bool
rng_is_constant(const struct rng *r)
{
    return r->constant;
}
#endif
