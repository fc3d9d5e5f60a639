/* kernel_group.c -- which cell a row belongs to, and counts and sums by cell. */
#include "sandbox/table/kernel.h"

#include "sandbox/table/kernel_build.h"

#define BINS_FEW 16

KERNEL void
kernel_cells(const int64_t *values, const uint8_t *valid, int64_t base,
    const uint32_t *lut, size_t size, uint32_t none, uint32_t *cell, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t at = (uint64_t)values[i] - (uint64_t)base;
        uint64_t inside = (uint64_t)(at < size) & valid[i];
        uint32_t keep = (uint32_t)0 - (uint32_t)inside;
        /* lut has a first entry even when size is 0 */
        cell[i] += (lut[at & (0 - inside)] & keep) | (none & ~keep);
    }
}

KERNEL void
kernel_cells_even(const int64_t *values, const uint8_t *valid, int64_t base,
    uint32_t stride, size_t size, uint32_t none, uint32_t *cell, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t at = (uint64_t)values[i] - (uint64_t)base;
        uint32_t keep = (uint32_t)0 - ((uint32_t)(at < size) & valid[i]);
        cell[i] += ((uint32_t)at * stride & keep) | (none & ~keep);
    }
}

KERNEL void
kernel_cells_alone(const int64_t *values, const uint8_t *valid, int64_t base,
    size_t size, uint32_t none, uint32_t *cell, size_t n)
{
    uint32_t base32 = (uint32_t)base, size32 = (uint32_t)size;

    for (size_t i = 0; i < n; i++) {
        uint32_t at = (uint32_t)values[i] - base32;
        uint32_t keep = (uint32_t)0 - ((uint32_t)(at < size32) & valid[i]);
        cell[i] = (at & keep) | (none & ~keep);
    }
}

KERNEL void
kernel_cells_close(uint32_t *cell, uint32_t none, size_t n)
{
    for (size_t i = 0; i < n; i++)
        cell[i] = cell[i] < none ? cell[i] : none;
}

/* A few edges are counted one after the other; for many, every row takes the same steps
 * of a binary search at the same time. */
KERNEL_PART void
bins_few(
    const int64_t *values, const int64_t *edges, size_t bins, uint32_t *cell, size_t n)
{
    int64_t at[BATCH_ROWS];

    for (size_t i = 0; i < n; i++)
        at[i] = 0;
    for (size_t k = 1; k < bins; k++) {
        int64_t edge = edges[k];
        for (size_t i = 0; i < n; i++)
            at[i] += edge <= values[i];
    }
    for (size_t i = 0; i < n; i++)
        cell[i] = (uint32_t)at[i];
}

KERNEL_PART void
bins_many(
    const int64_t *values, const int64_t *edges, size_t bins, uint32_t *cell, size_t n)
{
    for (size_t span = bins; span > 1;) {
        uint32_t half = (uint32_t)(span / 2);
        for (size_t i = 0; i < n; i++)
            cell[i] += half & (0 - (uint32_t)(edges[cell[i] + half] <= values[i]));
        span -= half;
    }
}

KERNEL void
kernel_bins(const int64_t *values, const uint8_t *valid, const int64_t *edges,
    size_t bins, uint32_t *cell, size_t n)
{
    for (size_t i = 0; i < n; i++)
        cell[i] = 0;
    if (bins <= BINS_FEW)
        bins_few(values, edges, bins, cell, n);
    else
        bins_many(values, edges, bins, cell, n);
    for (size_t i = 0; i < n; i++) {
        uint32_t inside = (uint32_t)(values[i] >= edges[0]) &
            (uint32_t)(values[i] <= edges[bins]) & valid[i];
        uint32_t keep = (uint32_t)0 - inside;
        cell[i] = (cell[i] & keep) | ((uint32_t)bins & ~keep);
    }
}

KERNEL void
kernel_cells_divide(uint32_t *cell, uint32_t factor, const uint32_t *part, size_t n)
{
    for (size_t i = 0; i < n; i++)
        cell[i] = cell[i] * factor + part[i];
}

KERNEL void
kernel_group_count(const uint32_t *cell, const uint8_t *mask, int64_t *counts,
    size_t stride, size_t lanes, size_t n)
{
    size_t step = lanes > 1 ? stride : 0, i = 0;

    for (; i + 4 <= n; i += 4) {
        counts[cell[i]] += mask[i];
        counts[step + cell[i + 1]] += mask[i + 1];
        counts[2 * step + cell[i + 2]] += mask[i + 2];
        counts[3 * step + cell[i + 3]] += mask[i + 3];
    }
    for (; i < n; i++)
        counts[cell[i]] += mask[i];
}

KERNEL_PART int64_t
masked(int64_t value, uint8_t mask)
{
    return value & -(int64_t)mask;
}

KERNEL void
kernel_group_sum(const uint32_t *cell, const uint8_t *mask, const int64_t *values,
    int64_t *sums, size_t stride, size_t lanes, size_t n)
{
    size_t step = lanes > 1 ? stride : 0, i = 0;

    for (; i + 4 <= n; i += 4) {
        sums[cell[i]] += masked(values[i], mask[i]);
        sums[step + cell[i + 1]] += masked(values[i + 1], mask[i + 1]);
        sums[2 * step + cell[i + 2]] += masked(values[i + 2], mask[i + 2]);
        sums[3 * step + cell[i + 3]] += masked(values[i + 3], mask[i + 3]);
    }
    for (; i < n; i++)
        sums[cell[i]] += masked(values[i], mask[i]);
}

KERNEL void
kernel_group_pack(const uint32_t *cell, const uint8_t *mask, const int64_t *values,
    int64_t lower, int shift, int64_t *packed, size_t stride, size_t lanes, size_t n)
{
    int64_t add[BATCH_ROWS], one = INT64_C(1) << shift;
    size_t step = lanes > 1 ? stride : 0, i = 0;

    for (size_t k = 0; k < n; k++)
        add[k] = masked(values[k] - lower + one, mask[k]);
    for (; i + 4 <= n; i += 4) {
        packed[cell[i]] += add[i];
        packed[step + cell[i + 1]] += add[i + 1];
        packed[2 * step + cell[i + 2]] += add[i + 2];
        packed[3 * step + cell[i + 3]] += add[i + 3];
    }
    for (; i < n; i++)
        packed[cell[i]] += add[i];
}

KERNEL void
kernel_group_sum_wide(const uint32_t *cell, const uint8_t *mask, const int64_t *values,
    __int128 *sums, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sums[cell[i]] += values[i] & -(int64_t)mask[i];
}
