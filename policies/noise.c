/* noise.c -- exact samplers: discrete Laplace and discrete Gaussian, in integers. */
#include "policies/noise.h"

#include "datasite/base/check.h"

typedef unsigned __int128 u128;

/* exp(-n/d) with n <= d: the alternating series of the exponential, one coin a term. */
static bool
bernoulli_exp_small(struct rng *r, uint64_t n, uint64_t d)
{
    uint64_t k = 1;

    while (rng_below(r, k) == 0 && rng_below(r, d) < n)
        k++;
    return k % 2 == 1;
}

static bool
bernoulli_exp_wide(struct rng *r, u128 n, u128 d)
{
    uint64_t k = 1;

    while (rng_below(r, k) == 0 && rng_below128(r, d) < n)
        k++;
    return k % 2 == 1;
}

/* exp(-1): the series alone. */
static bool
bernoulli_inverse_e(struct rng *r)
{
    uint64_t k = 2;

    while (rng_below(r, k) == 0)
        k++;
    return k % 2 == 1;
}

bool
noise_bernoulli_exp(struct rng *r, u128 n, u128 d)
{
    CHECK(d > 0);
    if (n <= d && d <= UINT64_MAX)
        return bernoulli_exp_small(r, (uint64_t)n, (uint64_t)d);
    u128 whole = n / d;

    for (u128 i = 0; i < whole; i++) {
        if (!bernoulli_inverse_e(r))
            return false;
    }
    return bernoulli_exp_wide(r, n % d, d);
}

/* P[x] proportional to exp(-x/t) over x >= 0: a remainder below t and a count of ts. */
static u128
geometric(struct rng *r, uint64_t t)
{
    uint64_t below;
    uint64_t count = 0;

    do {
        below = rng_below(r, t);
    } while (!bernoulli_exp_small(r, below, t));
    while (bernoulli_inverse_e(r))
        count++;
    return below + (u128)t * count;
}

__int128
noise_discrete_laplace(struct rng *r, uint64_t num, uint64_t den)
{
    CHECK(num > 0 && num >> NOISE_LAPLACE_BITS_MAX == 0);
    CHECK(den > 0 && den >> NOISE_LAPLACE_BITS_MAX == 0);
    for (;;) {
        u128 size = geometric(r, num);
        bool negative = rng_word(r) & 1;

        if (den > 1)
            size = size <= UINT64_MAX ? (uint64_t)size / den : size / den;
        if (!negative || size != 0) /* one zero, not two */
            return negative ? -(__int128)size : (__int128)size;
    }
}

/* Accepts a proposal of the given size with probability exp(-x^2 / (2 a^2)), where
 * x = | size 2^f - a |. */
static bool
gaussian_accepts(struct rng *r, u128 size, uint64_t a, unsigned f)
{
    if (size >> 64 != 0)
        return false;
    u128 at = size << f;
    u128 x = at > a ? at - a : a - at;

    if (x >> 63 != 0)
        return false;
    return noise_bernoulli_exp(r, x * x, 2 * (u128)a * a);
}

__int128
noise_discrete_gaussian(struct rng *r, uint64_t a, unsigned f)
{
    CHECK(a > 0 && a <= UINT64_C(1) << NOISE_SIGMA_BITS_MAX);
    CHECK(f <= NOISE_SIGMA_SHIFT_MAX);
    for (;;) {
        __int128 z = noise_discrete_laplace(r, a, UINT64_C(1) << f);

        if (gaussian_accepts(r, (u128)(z < 0 ? -z : z), a, f))
            return z;
    }
}
