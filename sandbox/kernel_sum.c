/* kernel_sum.c -- masked counts and sums. */
#include "sandbox/kernel.h"

#include "sandbox/kernel_build.h"

#ifdef MUTANT_SUM_IN_DOUBLES
#define SUM(type) double
#else
#define SUM(type) type
#endif

KERNEL int64_t
kernel_count(const uint8_t *mask, size_t n)
{
    int64_t count = 0;

    for (size_t i = 0; i < n; i++)
        count += mask[i];
    return count;
}

KERNEL int64_t
kernel_sum(const int64_t *values, const uint8_t *mask, size_t n)
{
    SUM(int64_t) sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += values[i] & -(int64_t)mask[i];
    return sum;
}

KERNEL __int128
kernel_sum_wide(const int64_t *values, const uint8_t *mask, size_t n)
{
    SUM(__int128) sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += values[i] & -(int64_t)mask[i];
    return sum;
}
