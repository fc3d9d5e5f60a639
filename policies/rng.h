/* rng.h -- fast-key-erasure ChaCha20: random bytes whose past cannot be recomputed.
 *
 * 32 bytes of getrandom key a pool of 4 KiB; the first 32 bytes of every pool are the
 * next key, bytes handed out are wiped. Lives in the broker alone.
 * Source: D. J. Bernstein, "Fast-key-erasure random-number generators", 2017. */
#ifndef POLICIES_RNG_H
#define POLICIES_RNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rng;
struct rng *rng_new(void);    /* aborts when the kernel gives no entropy */
void rng_free(struct rng *r); /* wipes */
void rng_fill(struct rng *r, void *p, size_t n);
uint64_t rng_word(struct rng *r);              /* 64 fair bits */
uint64_t rng_below(struct rng *r, uint64_t m); /* uniform in [0, m) */
unsigned __int128 rng_below128(struct rng *r, unsigned __int128 m);
#ifdef DATASITE_TEST_SEED
/* In test builds only; links.sh checks the absence of both. */
struct rng *rng_seeded(uint64_t seed);
/* DATASITE_TEST_NOISE=constant was in the environment when r was made: noise hides
 * everything. A noisy integer is then 0, a choice the first, a key never kept, so what
 * an audit of transcripts still sees differ came past the mechanisms. */
bool rng_is_constant(const struct rng *r);
#else
static inline bool
rng_is_constant(const struct rng *r)
{
    (void)r;
    return false;
}
#endif

#endif
