/* kernel_sum.c -- masked counts and sums. */
#include "sandbox/table/kernel.h"

#include "sandbox/table/kernel_build.h"

#include <string.h>

#ifdef MUTANT_SUM_IN_DOUBLES
#define SUM(type) double
#else
#define SUM(type) type
#endif

#define WORDS_MAX 255 /* that add up without a carry from byte to byte */

/* The sum of the bytes of a word of byte-wise sums. */
KERNEL_PART int64_t
bytes_sum(uint64_t word)
{
    uint64_t even = UINT64_C(0x00ff00ff00ff00ff);
    uint64_t pairs = (word & even) + (word >> 8 & even);

    return (int64_t)(pairs * UINT64_C(0x0001000100010001) >> 48);
}

/* Eight bytes at a time. */
KERNEL int64_t
kernel_count(const uint8_t *mask, size_t n)
{
    int64_t count = 0;
    size_t i = 0;

    while (n - i >= sizeof(uint64_t)) {
        size_t words = (n - i) / sizeof(uint64_t);
        uint64_t sum = 0, word;
        words = words < WORDS_MAX ? words : WORDS_MAX;
        for (size_t k = 0; k < words; k++) {
            memcpy(&word, mask + i + k * sizeof word, sizeof word);
            sum += word;
        }
        count += bytes_sum(sum);
        i += words * sizeof word;
    }
    for (; i < n; i++)
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
