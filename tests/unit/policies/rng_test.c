/* rng_test.c -- uniform, forgetful, and never the same in two processes. */
#include "policies/rng.h"
#include "policies/rng_state.h"

#include "tests/unit/policies/goodness.h"

#include <criterion/criterion.h>
#include <sys/wait.h>
#include <unistd.h>

Test(rng, below_is_uniform)
{
    static const uint64_t m[] = {2, 3, 7, 64, 100};
    struct rng *r = rng_seeded(1);

    for (size_t i = 0; i < sizeof m / sizeof m[0]; i++) {
        uint64_t seen[100] = {0};
        double expected[100];

        for (uint64_t k = 0; k < m[i]; k++)
            expected[k] = 1.0 / (double)m[i];
        for (int n = 0; n < 200000; n++)
            seen[rng_below(r, m[i])]++;
        cr_expect_gt(goodness_p(seen, expected, m[i], 200000), GOODNESS_P);
    }
    rng_free(r);
}

Test(rng, below128_is_uniform_over_thirds)
{
    unsigned __int128 third = ((unsigned __int128)1 << 100) + 12345;
    struct rng *r = rng_seeded(2);
    uint64_t seen[3] = {0};
    double expected[3] = {1 / 3.0, 1 / 3.0, 1 / 3.0};

    for (int n = 0; n < 200000; n++)
        seen[rng_below128(r, 3 * third) / third]++;
    cr_expect_gt(goodness_p(seen, expected, 3, 200000), GOODNESS_P);
    rng_free(r);
}

Test(rng, below_one_is_zero_and_stays_in_range)
{
    struct rng *r = rng_new();
    unsigned __int128 wide = (unsigned __int128)UINT64_MAX + 2;

    for (int n = 0; n < 1000; n++) {
        cr_assert_eq(rng_below(r, 1), 0);
        cr_assert_lt(rng_below(r, UINT64_MAX), UINT64_MAX);
        cr_assert(rng_below128(r, wide) < wide);
    }
    rng_free(r);
}

Test(rng, two_generators_differ)
{
    struct rng *a = rng_new(), *b = rng_new();

    cr_expect_neq(rng_word(a), rng_word(b));
    rng_free(a);
    rng_free(b);
}

Test(rng, a_key_repeats_its_words)
{
    struct rng *a = rng_seeded(9), *b = rng_seeded(9);
    uint8_t whole[10000], parts[10000];

    rng_fill(a, whole, sizeof whole);
    for (size_t i = 0; i < sizeof parts; i += 8)
        rng_fill(b, parts + i, 8);
    cr_expect_arr_eq(whole, parts, sizeof whole);
    rng_free(a);
    rng_free(b);
}

/* What was handed out, and the key that made it, are gone from memory. */
Test(rng, handed_out_bytes_are_wiped)
{
    struct rng *r = rng_seeded(3);
    static const uint8_t zero[64];
    uint8_t key[RNG_KEY_BYTES], out[64];

    memcpy(key, r->pool, sizeof key);
    rng_fill(r, out, sizeof out);
    cr_expect_arr_eq(r->pool + RNG_KEY_BYTES, zero, sizeof out);
    cr_expect_arr_neq(r->pool, key, sizeof key, "the next key replaces the last");
    rng_free(r);
}

/* A fork must not hand its child the parent's future: equal noise subtracts to none. */
Test(rng, a_forked_child_draws_its_own)
{
    struct rng *r = rng_seeded(4);
    uint64_t child[2] = {0, 0};
    int pipes[2];

    (void)rng_word(r);
    cr_assert_eq(pipe(pipes), 0);
    for (int i = 0; i < 2; i++) {
        pid_t pid = fork();

        if (pid == 0) {
            uint64_t w = rng_word(r);
            _exit(write(pipes[1], &w, sizeof w) == sizeof w ? 0 : 1);
        }
        cr_assert_eq(waitpid(pid, NULL, 0), pid);
        cr_assert_eq(read(pipes[0], &child[i], sizeof child[i]), sizeof child[i]);
    }
    uint64_t parent = rng_word(r);

    cr_expect_neq(child[0], parent);
    cr_expect_neq(child[1], parent);
    cr_expect_neq(child[0], child[1]);
    cr_expect_neq(child[0], 0);
    close(pipes[0]);
    close(pipes[1]);
    rng_free(r);
}
