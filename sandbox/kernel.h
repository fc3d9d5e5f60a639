/* kernel.h -- exact integer arithmetic over arrays. Pure; no noise, no policy, no I/O.
 *
 * Masks and validity are bytes that are 0 or 1. No kernel branches on a value or a mask:
 * how long one takes depends on its size alone. Callers work through a table in batches
 * of BATCH_ROWS, which keeps what is in between in the first-level cache. */
#ifndef SANDBOX_KERNEL_H
#define SANDBOX_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#define BATCH_ROWS 512

/* Signed integers of 1, 2, 4 or 8 bytes to 8. */
void kernel_widen(const void *from, int width, size_t n, int64_t *out);
void kernel_clamp(int64_t *io, int64_t lower, int64_t upper, size_t n);
void kernel_fill(int64_t *out, int64_t value, size_t n);

/* io &= other */
void kernel_and(uint8_t *io, const uint8_t *other, size_t n);
void kernel_or(uint8_t *io, const uint8_t *other, size_t n);
void kernel_not(uint8_t *io, size_t n);
int64_t kernel_count(const uint8_t *mask, size_t n);

/* io = (a compared with b) & io, where io says that neither is null. */
enum kernel_compare {
    KERNEL_EQ,
    KERNEL_NE,
    KERNEL_LT,
    KERNEL_LE,
    KERNEL_GT,
    KERNEL_GE
};
void kernel_compare(
    enum kernel_compare how, const int64_t *a, const int64_t *b, uint8_t *io, size_t n);

/* io = io op b. The plain forms need the caller's proof that nothing leaves int64; the
 * others saturate at +-(VALUE_ABS_MAX - 1). */
void kernel_add(int64_t *io, const int64_t *b, size_t n);
void kernel_subtract(int64_t *io, const int64_t *b, size_t n);
void kernel_multiply(int64_t *io, const int64_t *b, size_t n);
void kernel_scale(int64_t *io, int64_t factor, size_t n);
void kernel_add_saturating(int64_t *io, const int64_t *b, size_t n);
void kernel_subtract_saturating(int64_t *io, const int64_t *b, size_t n);
/* io * b / divisor, rounded half away from zero, saturating. divisor > 0. */
void kernel_multiply_saturating(
    int64_t *io, const int64_t *b, int64_t divisor, size_t n);
/* io * factor / (b * divisor) rounded half away from zero, saturating; valid becomes 0
 * where b is. */
void kernel_divide(
    int64_t *io, const int64_t *b, int64_t factor, uint8_t *valid, size_t n);
/* Lua's // and %: towards minus infinity; valid becomes 0 where b is 0. */
void kernel_floor_divide(int64_t *io, const int64_t *b, uint8_t *valid, size_t n);
void kernel_modulo(int64_t *io, const int64_t *b, uint8_t *valid, size_t n);
/* io * numerator / denominator, rounded half away from zero, saturating. */
void kernel_rescale(int64_t *io, int64_t numerator, int64_t denominator, size_t n);

/* Sum of the masked values. kernel_sum needs |value| <= 2^52. */
int64_t kernel_sum(const int64_t *values, const uint8_t *mask, size_t n);
__int128 kernel_sum_wide(const int64_t *values, const uint8_t *mask, size_t n);

/* cell[i] += lut[values[i] - base] where that is inside [0, size) and valid, else += none.
 * Several columns add up to the cell of their cross product; `none` exceeds every cell. */
void kernel_cells(const int64_t *values, const uint8_t *valid, int64_t base,
    const uint32_t *lut, size_t size, uint32_t none, uint32_t *cell, size_t n);
/* cell[i] = min(cell[i], none) */
void kernel_cells_close(uint32_t *cell, uint32_t none, size_t n);
/* Cell of each value among ascending edges: [e0,e1), [e1,e2), …, the last one closed;
 * outside all of them, or null: bins. */
void kernel_bins(const int64_t *values, const uint8_t *valid, const int64_t *edges,
    size_t bins, uint32_t *cell, size_t n);

/* Rows and values by cell, into `lanes` tables of `stride` entries side by side, taken in
 * turn (a run of equal cells would wait for its own stores in one). lanes is a power of
 * two. Whoever calls adds the lanes up, and before a sum can leave int64. */
void kernel_group_count(const uint32_t *cell, const uint8_t *mask, int64_t *counts,
    size_t stride, size_t lanes, size_t n);
void kernel_group_sum(const uint32_t *cell, const uint8_t *mask, const int64_t *values,
    int64_t *sums, size_t stride, size_t lanes, size_t n);
void kernel_group_sum_wide(const uint32_t *cell, const uint8_t *mask,
    const int64_t *values, __int128 *sums, size_t n);

#endif
