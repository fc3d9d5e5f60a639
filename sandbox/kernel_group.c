/* kernel_group.c -- which cell a row belongs to, and counts and sums by cell. */
#include "sandbox/kernel.h"

#include "sandbox/kernel_build.h"

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
kernel_cells_close(uint32_t *cell, uint32_t none, size_t n)
{
    for (size_t i = 0; i < n; i++)
        cell[i] = cell[i] < none ? cell[i] : none;
}

KERNEL void
kernel_bins(const int64_t *values, const uint8_t *valid, const int64_t *edges,
    size_t bins, uint32_t *cell, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t at = 0; /* edges[at] <= value, when any is */
        for (size_t span = bins; span > 1;) {
            size_t half = span / 2;
            at += half & ((size_t)0 - (size_t)(edges[at + half] <= values[i]));
            span -= half;
        }
        uint32_t inside = (uint32_t)(values[i] >= edges[0]) &
            (uint32_t)(values[i] <= edges[bins]) & valid[i];
        uint32_t keep = (uint32_t)0 - inside;
        cell[i] = ((uint32_t)at & keep) | ((uint32_t)bins & ~keep);
    }
}

KERNEL void
kernel_group_count(const uint32_t *cell, const uint8_t *mask, int64_t *counts,
    size_t stride, size_t lanes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        counts[(i & (lanes - 1)) * stride + cell[i]] += mask[i];
}

KERNEL void
kernel_group_sum(const uint32_t *cell, const uint8_t *mask, const int64_t *values,
    int64_t *sums, size_t stride, size_t lanes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sums[(i & (lanes - 1)) * stride + cell[i]] += values[i] & -(int64_t)mask[i];
}

KERNEL void
kernel_group_sum_wide(const uint32_t *cell, const uint8_t *mask, const int64_t *values,
    __int128 *sums, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sums[cell[i]] += values[i] & -(int64_t)mask[i];
}
