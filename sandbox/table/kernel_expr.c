/* kernel_expr.c -- element-wise arithmetic, comparison and logic. */
#include "sandbox/table/kernel.h"

#include "datasite/base/check.h"
#include "datasite/base/limits.h"
#include "sandbox/table/kernel_build.h"

#define SATURATED (VALUE_ABS_MAX - 1)

#define ANY_WIDTH(LOOP)      \
    if (width == 1) {        \
        LOOP(int8_t)         \
    } else if (width == 2) { \
        LOOP(int16_t)        \
    } else if (width == 4) { \
        LOOP(int32_t)        \
    } else {                 \
        LOOP(int64_t)        \
    }

#define WIDEN(type)                \
    for (size_t i = 0; i < n; i++) \
        out[i] = ((const type *restrict)from)[i];

KERNEL void
kernel_widen(const void *restrict from, int width, size_t n, int64_t *restrict out)
{
    ANY_WIDTH(WIDEN);
}

KERNEL void
kernel_clamp(int64_t *io, int64_t lower, int64_t upper, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int64_t v = io[i] < lower ? lower : io[i];
        io[i] = v > upper ? upper : v;
    }
}

KERNEL void
kernel_fill(int64_t *out, int64_t value, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = value;
}

KERNEL void
kernel_and(const uint8_t *a, const uint8_t *b, uint8_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = a[i] & b[i];
}

KERNEL void
kernel_or(const uint8_t *a, const uint8_t *b, uint8_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = a[i] | b[i];
}

KERNEL void
kernel_not(const uint8_t *a, uint8_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = a[i] ^ 1;
}

#define COMPARE(op)                \
    for (size_t i = 0; i < n; i++) \
        out[i] = (uint8_t)(a[i] op b[i]) & valid_a[i] & valid_b[i];

KERNEL void
kernel_compare(enum kernel_compare how, const int64_t *a, const int64_t *b,
    const uint8_t *valid_a, const uint8_t *valid_b, uint8_t *out, size_t n)
{
    switch (how) {
    case KERNEL_EQ:
        COMPARE(==)
        return;
    case KERNEL_NE:
        COMPARE(!=)
        return;
    case KERNEL_LT:
        COMPARE(<)
        return;
    case KERNEL_LE:
        COMPARE(<=)
        return;
    case KERNEL_GT:
        COMPARE(>)
        return;
    case KERNEL_GE:
        COMPARE(>=)
        return;
    }
    UNREACHABLE();
}

/* A bound beyond what the width holds is beyond every value. */
#define AGAINST(type, op, least, most)                                  \
    const type *values = a, bound = (type)b;                            \
    const int value = 0, lower = -1, higher = 1;                        \
    uint8_t below = (uint8_t)(b < (least)) & (uint8_t)(value op lower); \
    uint8_t above = (uint8_t)(b > (most)) & (uint8_t)(value op higher); \
    uint8_t within = (uint8_t)(b >= (least)) & (uint8_t)(b <= (most));  \
    for (size_t i = 0; i < n; i++)                                      \
        out[i] = (((uint8_t)(values[i] op bound) & within) | below | above) & valid[i];
#define AGAINST_ANY(op)                            \
    if (width == 1) {                              \
        AGAINST(int8_t, op, INT8_MIN, INT8_MAX)    \
    } else if (width == 2) {                       \
        AGAINST(int16_t, op, INT16_MIN, INT16_MAX) \
    } else if (width == 4) {                       \
        AGAINST(int32_t, op, INT32_MIN, INT32_MAX) \
    } else {                                       \
        AGAINST(int64_t, op, INT64_MIN, INT64_MAX) \
    }

KERNEL void
kernel_compare_constant(enum kernel_compare how, const void *a, int width, int64_t b,
    const uint8_t *valid, uint8_t *out, size_t n)
{
    switch (how) {
    case KERNEL_EQ:
        AGAINST_ANY(==)
        return;
    case KERNEL_NE:
        AGAINST_ANY(!=)
        return;
    case KERNEL_LT:
        AGAINST_ANY(<)
        return;
    case KERNEL_LE:
        AGAINST_ANY(<=)
        return;
    case KERNEL_GT:
        AGAINST_ANY(>)
        return;
    case KERNEL_GE:
        AGAINST_ANY(>=)
        return;
    }
    UNREACHABLE();
}

KERNEL void
kernel_add(const int64_t *a, const int64_t *b, int64_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = a[i] + b[i];
}

KERNEL void
kernel_subtract(const int64_t *a, const int64_t *b, int64_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = a[i] - b[i];
}

KERNEL void
kernel_multiply(const int64_t *a, const int64_t *b, int64_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = a[i] * b[i];
}

KERNEL void
kernel_scale(const int64_t *a, int64_t factor, int64_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = a[i] * factor;
}

#define ADD_COLUMN(type)           \
    for (size_t i = 0; i < n; i++) \
        out[i] = ((const type *)a)[i] + b[i];

KERNEL void
kernel_add_column(const void *a, int width, const int64_t *b, int64_t *out, size_t n)
{
    ANY_WIDTH(ADD_COLUMN);
}

#define SCALE_COLUMN(type)         \
    for (size_t i = 0; i < n; i++) \
        out[i] = ((const type *)a)[i] * factor;
#define SCALE_SHORT(type)          \
    for (size_t i = 0; i < n; i++) \
        out[i] = (int32_t)(((const type *)a)[i] * (int32_t)factor);

KERNEL void
kernel_scale_column(const void *a, int width, int64_t factor, int64_t *out, size_t n)
{
    if (width <= 2 && factor >= -UINT16_MAX && factor <= UINT16_MAX) {
        if (width == 1) { /* 32 bits hold the product */
            SCALE_SHORT(int8_t);
        } else {
            SCALE_SHORT(int16_t);
        }
        return;
    }
    ANY_WIDTH(SCALE_COLUMN);
}

/* ---- wide: 128 bits in between ---- */

KERNEL_PART int64_t
saturated(__int128 v)
{
    v = v > SATURATED ? SATURATED : v;
    return (int64_t)(v < -SATURATED ? -SATURATED : v);
}

/* a / b to the nearest, halves away from zero. b != 0. */
KERNEL_PART __int128
rounded(__int128 a, __int128 b)
{
    __int128 half = (b < 0 ? -b : b) / 2;

    return (a < 0 ? a - half : a + half) / b;
}

KERNEL void
kernel_add_saturating(const int64_t *a, const int64_t *b, int64_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = saturated((__int128)a[i] + b[i]);
}

KERNEL void
kernel_subtract_saturating(const int64_t *a, const int64_t *b, int64_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = saturated((__int128)a[i] - b[i]);
}

KERNEL void
kernel_multiply_saturating(
    const int64_t *a, const int64_t *b, int64_t divisor, int64_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = saturated(rounded((__int128)a[i] * b[i], divisor));
}

KERNEL void
kernel_divide(const int64_t *a, const int64_t *b, int64_t factor, uint8_t *valid,
    int64_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int64_t by = b[i] + (b[i] == 0);
        valid[i] &= (uint8_t)(b[i] != 0);
        out[i] = saturated(rounded((__int128)a[i] * factor, by));
    }
}

KERNEL void
kernel_floor_divide(
    const int64_t *a, const int64_t *b, uint8_t *valid, int64_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int64_t by = b[i] + (b[i] == 0), q = a[i] / by, r = a[i] % by;
        valid[i] &= (uint8_t)(b[i] != 0);
        out[i] = q - (int64_t)((r != 0) & ((r < 0) != (by < 0)));
    }
}

KERNEL void
kernel_modulo(
    const int64_t *a, const int64_t *b, uint8_t *valid, int64_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int64_t by = b[i] + (b[i] == 0), r = a[i] % by;
        valid[i] &= (uint8_t)(b[i] != 0);
        out[i] = r + by * (int64_t)((r != 0) & ((r < 0) != (by < 0)));
    }
}

KERNEL void
kernel_rescale(
    const int64_t *a, int64_t numerator, int64_t denominator, int64_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = saturated(rounded((__int128)a[i] * numerator, denominator));
}
