/* gcd.h -- the greatest common divisor. */
#ifndef POLICIES_GCD_H
#define POLICIES_GCD_H

/* Of 0 and b: b. */
static inline unsigned __int128
gcd(unsigned __int128 a, unsigned __int128 b)
{
    while (b != 0) {
        unsigned __int128 rest = a % b;

        a = b;
        b = rest;
    }
    return a;
}

#endif
