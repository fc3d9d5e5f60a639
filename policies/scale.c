/* scale.c -- noise parameters that integers prove to be great enough. */
#include "policies/scale.h"

#include "datasite/base/check.h"
#include "policies/gcd.h"
#include "policies/noise.h"

#include <math.h>

typedef unsigned __int128 u128;

#define SIGMA_BITS      30 /* sigma = a / 2^f with 2^30 <= a wherever f allows it */
#define SIGMA_SHIFT_MAX 47 /* of f: 1e9 4^f stays within 128 bits */

bool
scale_laplace(u128 n, u128 d, struct mechanism *m)
{
    CHECK(n > 0 && d > 0);
    u128 common = gcd(n, d);

    n /= common;
    d /= common;
    if (n >> NOISE_LAPLACE_BITS_MAX == 0 && d >> NOISE_LAPLACE_BITS_MAX == 0) {
        m->scale_num = (uint64_t)n;
        m->scale_den = (uint64_t)d;
        return true;
    }
    if (n / d >> (NOISE_LAPLACE_BITS_MAX - 1) != 0)
        return false;
    unsigned shift = 0;

    while (shift < 62 && n >> (126 - shift) == 0 &&
        (n << (shift + 1)) / d >> (NOISE_LAPLACE_BITS_MAX - 1) == 0)
        shift++;
    m->scale_num = (uint64_t)((n << shift) / d) + 1;
    m->scale_den = UINT64_C(1) << shift;
    return true;
}

struct wide {
    u128 hi, lo;
};

static struct wide
wide_multiply(u128 a, u128 b)
{
    u128 a0 = (uint64_t)a, a1 = a >> 64;
    u128 b0 = (uint64_t)b, b1 = b >> 64;
    u128 low = a0 * b0;
    u128 mid = a1 * b0 + (low >> 64);
    u128 carry = a0 * b1 + (uint64_t)mid;

    return (struct wide){
        .hi = a1 * b1 + (mid >> 64) + (carry >> 64),
        .lo = carry << 64 | (uint64_t)low,
    };
}

/* Is sigma = a / 2^f enough: a^2 2 rho >= l2sq 4^f, all in integers? The sides are
 * below 2^(108+64) and below 2^(128+30+94), within 256 bits. */
static bool
sigma_enough(uint64_t a, unsigned f, u128 l2sq, u128 rho_nano)
{
#ifdef MUTANT_RHO_QUARTER
    struct wide have = wide_multiply((u128)a * a, rho_nano * 4);
#else
    struct wide have = wide_multiply((u128)a * a, rho_nano * 2);
#endif
    struct wide need = wide_multiply(l2sq, (u128)NANO << (2 * f));

    return have.hi > need.hi || (have.hi == need.hi && have.lo >= need.lo);
}

bool
scale_gaussian(u128 l2sq, u128 rho_nano, struct mechanism *m)
{
    long double want =
        sqrtl((long double)l2sq * (long double)NANO / (2 * (long double)rho_nano));
    unsigned f = 0;

    while (f < SIGMA_SHIFT_MAX && ldexpl(want, (int)f) < (long double)(1 << SIGMA_BITS))
        f++;
    long double guess = ldexpl(want, (int)f);

    if (guess > 0x1p54L - 16)
        return false;
    uint64_t a = guess < 16 ? 1 : (uint64_t)guess - 8; /* the estimate is within 8 */

    while (!sigma_enough(a, f, l2sq, rho_nano))
        a++;
    m->scale_num = a;
    m->scale_den = f;
    return true;
}
