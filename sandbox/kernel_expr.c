/* kernel_expr.c -- element-wise arithmetic, comparison and logic. */
#include "sandbox/kernel.h"

#include "datasite/base/check.h"
#include "datasite/base/limits.h"
#include "sandbox/kernel_build.h"

#define SATURATED (VALUE_ABS_MAX - 1)

#define WIDEN(type)                \
    for (size_t i = 0; i < n; i++) \
        out[i] = ((const type *)from)[i];

KERNEL void
kernel_widen(const void *from, int width, size_t n, int64_t *out)
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
kernel_and(uint8_t *io, const uint8_t *other, size_t n)
{
    for (size_t i = 0; i < n; i++)
        io[i] &= other[i];
}

KERNEL void
kernel_or(uint8_t *io, const uint8_t *other, size_t n)
{
    for (size_t i = 0; i < n; i++)
        io[i] |= other[i];
}

KERNEL void
kernel_not(uint8_t *io, size_t n)
{
    for (size_t i = 0; i < n; i++)
        io[i] ^= 1;
}

#define COMPARE(op)                \
    for (size_t i = 0; i < n; i++) \
        io[i] &= (uint8_t)(a[i] op b[i]);

KERNEL void
kernel_compare(
    enum kernel_compare how, const int64_t *a, const int64_t *b, uint8_t *io, size_t n)
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
kernel_add(int64_t *io, const int64_t *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        io[i] += b[i];
}

KERNEL void
kernel_subtract(int64_t *io, const int64_t *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        io[i] -= b[i];
}

KERNEL void
kernel_multiply(int64_t *io, const int64_t *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        io[i] *= b[i];
}

KERNEL void
kernel_scale(int64_t *io, int64_t factor, size_t n)
{
    for (size_t i = 0; i < n; i++)
        io[i] *= factor;
}

/* ---- wide: 128 bits in between ---- */

static inline int64_t
saturated(__int128 v)
{
    v = v > SATURATED ? SATURATED : v;
    return (int64_t)(v < -SATURATED ? -SATURATED : v);
}

/* a / b to the nearest, halves away from zero. b != 0. */
static inline __int128
rounded(__int128 a, __int128 b)
{
    __int128 half = (b < 0 ? -b : b) / 2;

    return (a < 0 ? a - half : a + half) / b;
}

KERNEL void
kernel_add_saturating(int64_t *io, const int64_t *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        io[i] = saturated((__int128)io[i] + b[i]);
}

KERNEL void
kernel_subtract_saturating(int64_t *io, const int64_t *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        io[i] = saturated((__int128)io[i] - b[i]);
}

KERNEL void
kernel_multiply_saturating(int64_t *io, const int64_t *b, int64_t divisor, size_t n)
{
    for (size_t i = 0; i < n; i++)
        io[i] = saturated(rounded((__int128)io[i] * b[i], divisor));
}

KERNEL void
kernel_divide(int64_t *io, const int64_t *b, int64_t factor, uint8_t *valid, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int64_t by = b[i] + (b[i] == 0);
        valid[i] &= (uint8_t)(b[i] != 0);
        io[i] = saturated(rounded((__int128)io[i] * factor, by));
    }
}

KERNEL void
kernel_floor_divide(int64_t *io, const int64_t *b, uint8_t *valid, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int64_t by = b[i] + (b[i] == 0), q = io[i] / by, r = io[i] % by;
        valid[i] &= (uint8_t)(b[i] != 0);
        io[i] = q - (int64_t)((r != 0) & ((r < 0) != (by < 0)));
    }
}

KERNEL void
kernel_modulo(int64_t *io, const int64_t *b, uint8_t *valid, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int64_t by = b[i] + (b[i] == 0), r = io[i] % by;
        valid[i] &= (uint8_t)(b[i] != 0);
        io[i] = r + by * (int64_t)((r != 0) & ((r < 0) != (by < 0)));
    }
}

KERNEL void
kernel_rescale(int64_t *io, int64_t numerator, int64_t denominator, size_t n)
{
    for (size_t i = 0; i < n; i++)
        io[i] = saturated(rounded((__int128)io[i] * numerator, denominator));
}
