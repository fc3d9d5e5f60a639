/* rng_state.h -- what a generator holds; for rng.c, and for tests that choose its key.
 *
 * All zero says "empty and without a key": that is what a fork leaves in the child
 * (MADV_WIPEONFORK), so a copied generator seeds itself again and never repeats. */
#ifndef POLICIES_RNG_STATE_H
#define POLICIES_RNG_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RNG_KEY_BYTES  32
#define RNG_POOL_BYTES 4096

struct rng {
    size_t left; /* bytes at the end of pool not handed out yet */
    bool keyed;  /* pool starts with a key */
#ifdef DATASITE_TEST_SEED
    bool constant; /* noise hides everything */
#endif
    uint8_t pool[RNG_POOL_BYTES]; /* next key, bytes handed out (wiped), bytes left */
};

#endif
