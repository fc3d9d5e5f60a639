/* kernel_expr.c -- element-wise arithmetic, comparison and logic. */
#include "sandbox/kernel.h"

#include "datasite/base/check.h"
#include "datasite/base/limits.h"
#include "sandbox/kernel_build.h"

#define SATURATED (VALUE_ABS_MAX - 1)

#define WIDEN(type)                \
    for (size_t i = 0; i < n; i++) \
        out[i] = ((const type *restrict)from)[i];

KERNEL void
kernel_widen(const void *restrict from, int width, size_t n, int64_t *restrict out)
{
    if (width == 1) {
        WIDEN(int8_t)
    } else if (width == 2) {
        WIDEN(int16_t)
    } else if (width == 4) {
        WIDEN(int32_t)
    } else {
        WIDEN(int64_t)
    }
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
