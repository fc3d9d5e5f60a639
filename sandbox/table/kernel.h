/* kernel.h -- exact integer arithmetic over arrays. Pure; no noise, no policy, no I/O.
 *
 * Masks and validity are bytes that are 0 or 1. No kernel branches on a value or a mask:
 * how long one takes depends on its size alone. Callers work through a table in batches
 * of BATCH_ROWS, which keeps what is in between in the first-level cache. */
#ifndef SANDBOX_TABLE_KERNEL_H
#define SANDBOX_TABLE_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#define BATCH_ROWS 512

/* Signed integers of 1, 2, 4 or 8 bytes to 8. */
void kernel_widen(
    const void *restrict from, int width, size_t n, int64_t *restrict out);
void kernel_clamp(int64_t *io, int64_t lower, int64_t upper, size_t n);
void kernel_fill(int64_t *out, int64_t value, size_t n);

/* out = a & b, a | b, 1 - a; out may be a or b. */
void kernel_and(const uint8_t *a, const uint8_t *b, uint8_t *out, size_t n);
void kernel_or(const uint8_t *a, const uint8_t *b, uint8_t *out, size_t n);
void kernel_not(const uint8_t *a, uint8_t *out, size_t n);
int64_t kernel_count(const uint8_t *mask, size_t n);

/* out = (a compared with b) & valid_a & valid_b; out may be either of these. */
enum kernel_compare {
    KERNEL_EQ,
    KERNEL_NE,
    KERNEL_LT,
    KERNEL_LE,
    KERNEL_GT,
    KERNEL_GE
};
void kernel_compare(enum kernel_compare how, const int64_t *a, const int64_t *b,
    const uint8_t *valid_a, const uint8_t *valid_b, uint8_t *out, size_t n);
/* The same with one public value, of integers that are 1, 2, 4 or 8 bytes wide. */
void kernel_compare_constant(enum kernel_compare how, const void *a, int width,
    int64_t b, const uint8_t *valid, uint8_t *out, size_t n);

/* out = a op b; out may be a or b. The plain forms need the caller's proof that nothing
 * leaves int64; the others saturate at +-(VALUE_ABS_MAX - 1). */
void kernel_add(const int64_t *a, const int64_t *b, int64_t *out, size_t n);
void kernel_subtract(const int64_t *a, const int64_t *b, int64_t *out, size_t n);
void kernel_multiply(const int64_t *a, const int64_t *b, int64_t *out, size_t n);
void kernel_scale(const int64_t *a, int64_t factor, int64_t *out, size_t n);
/* The same of columns of integers that are `width` bytes wide. */
void kernel_add_column(
    const void *a, int width, const int64_t *b, int64_t *out, size_t n);
void kernel_scale_column(
    const void *a, int width, int64_t factor, int64_t *out, size_t n);
void kernel_add_saturating(const int64_t *a, const int64_t *b, int64_t *out, size_t n);
void kernel_subtract_saturating(
    const int64_t *a, const int64_t *b, int64_t *out, size_t n);
/* a * b / divisor, rounded half away from zero. divisor > 0. */
void kernel_multiply_saturating(
    const int64_t *a, const int64_t *b, int64_t divisor, int64_t *out, size_t n);
/* a * factor / b, rounded half away from zero; valid becomes 0 where b is 0. */
void kernel_divide(const int64_t *a, const int64_t *b, int64_t factor, uint8_t *valid,
    int64_t *out, size_t n);
/* Lua's // and %: towards minus infinity; valid becomes 0 where b is 0. */
void kernel_floor_divide(
    const int64_t *a, const int64_t *b, uint8_t *valid, int64_t *out, size_t n);
void kernel_modulo(
    const int64_t *a, const int64_t *b, uint8_t *valid, int64_t *out, size_t n);
/* a * numerator / denominator, rounded half away from zero, saturating. */
void kernel_rescale(
    const int64_t *a, int64_t numerator, int64_t denominator, int64_t *out, size_t n);

/* Sum of the masked values. kernel_sum needs |value| <= 2^52. */
int64_t kernel_sum(const int64_t *values, const uint8_t *mask, size_t n);
__int128 kernel_sum_wide(const int64_t *values, const uint8_t *mask, size_t n);

/* cell[i] += lut[values[i] - base] where that is inside [0, size) and valid, else += none.
 * Several columns add up to the cell of their cross product; `none` exceeds every cell. */
void kernel_cells(const int64_t *values, const uint8_t *valid, int64_t base,
    const uint32_t *lut, size_t size, uint32_t none, uint32_t *cell, size_t n);
/* The same where lut[i] would be i * stride. */
void kernel_cells_even(const int64_t *values, const uint8_t *valid, int64_t base,
    uint32_t stride, size_t size, uint32_t none, uint32_t *cell, size_t n);
/* cell[i] = values[i] - base where that is inside [0, size) and valid, else none. Needs
 * values, base and base + size - 1 that fit 32 bits. */
void kernel_cells_alone(const int64_t *values, const uint8_t *valid, int64_t base,
    size_t size, uint32_t none, uint32_t *cell, size_t n);
/* cell[i] = min(cell[i], none) */
void kernel_cells_close(uint32_t *cell, uint32_t none, size_t n);
/* Cell of each of at most BATCH_ROWS values among ascending edges: [e0,e1), [e1,e2), …,
 * the last one closed; outside all of them, or null: bins. */
void kernel_bins(const int64_t *values, const uint8_t *valid, const int64_t *edges,
    size_t bins, uint32_t *cell, size_t n);

/* cell = cell * factor + part */
void kernel_cells_divide(
    uint32_t *cell, uint32_t factor, const uint32_t *part, size_t n);

/* Rows and values by cell, into `lanes` tables of `stride` entries side by side, taken in
 * turn (a run of equal cells would wait for its own stores in one). lanes is 1 or 4.
 * Whoever calls adds the lanes up, and before a sum can leave int64. */
void kernel_group_count(const uint32_t *cell, const uint8_t *mask, int64_t *counts,
    size_t stride, size_t lanes, size_t n);
void kernel_group_sum(const uint32_t *cell, const uint8_t *mask, const int64_t *values,
    int64_t *sums, size_t stride, size_t lanes, size_t n);
/* Both at once, of at most BATCH_ROWS rows: each adds 2^shift + (value - lower), and
 * sums of the latter must stay below 2^shift. */
void kernel_group_pack(const uint32_t *cell, const uint8_t *mask, const int64_t *values,
    int64_t lower, int shift, int64_t *packed, size_t stride, size_t lanes, size_t n);
void kernel_group_sum_wide(const uint32_t *cell, const uint8_t *mask,
    const int64_t *values, __int128 *sums, size_t n);

#endif
