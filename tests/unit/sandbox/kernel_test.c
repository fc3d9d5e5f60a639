/* kernel_test.c -- kernels against the plainest loops, at sizes around vector widths. */
#include "sandbox/table/kernel.h"

#include "datasite/base/limits.h"

#include <criterion/criterion.h>
#include <string.h>

static const size_t sizes[] = {0, 1, 3, 4, 5, 31, 32, 33, 511, BATCH_ROWS};
#define SIZES_N (sizeof sizes / sizeof *sizes)

static uint64_t state = 5;

static uint64_t
draw(void)
{
    uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    return z ^ z >> 27;
}

struct rows {
    int64_t a[BATCH_ROWS], b[BATCH_ROWS];
    uint8_t mask[BATCH_ROWS], valid[BATCH_ROWS];
    uint32_t cell[BATCH_ROWS];
};

static void
fill(struct rows *r, int64_t lower, int64_t upper)
{
    uint64_t span = (uint64_t)(upper - lower) + 1;

    for (size_t i = 0; i < BATCH_ROWS; i++) {
        r->a[i] = lower + (int64_t)(draw() % span);
        r->b[i] = lower + (int64_t)(draw() % span);
        r->mask[i] = draw() & 1;
        r->valid[i] = draw() % 8 != 0;
        r->cell[i] = (uint32_t)(draw() % 7);
    }
}

Test(kernel, widening_keeps_signs)
{
    static const int8_t one[] = {-128, 127, 0};
    static const int16_t two[] = {-32768, 32767, -1};
    static const int32_t four[] = {INT32_MIN, INT32_MAX, 5};
    static const int64_t eight[] = {INT64_MIN, INT64_MAX, -7};
    int64_t out[3];

    kernel_widen(one, 1, 3, out);
    cr_expect(out[0] == -128 && out[1] == 127 && out[2] == 0);
    kernel_widen(two, 2, 3, out);
    cr_expect(out[0] == -32768 && out[1] == 32767 && out[2] == -1);
    kernel_widen(four, 4, 3, out);
    cr_expect(out[0] == INT32_MIN && out[1] == INT32_MAX && out[2] == 5);
    kernel_widen(eight, 8, 3, out);
    cr_expect(out[0] == INT64_MIN && out[1] == INT64_MAX && out[2] == -7);
}

Test(kernel, sums_and_counts_take_masked_rows)
{
    for (size_t k = 0; k < SIZES_N; k++) {
        struct rows r;
        int64_t sum = 0, count = 0;
        fill(&r, -1000, 1000);
        for (size_t i = 0; i < sizes[k]; i++) {
            sum += r.mask[i] != 0 ? r.a[i] : 0;
            count += r.mask[i];
        }
        cr_expect_eq(kernel_sum(r.a, r.mask, sizes[k]), sum);
        cr_expect(kernel_sum_wide(r.a, r.mask, sizes[k]) == sum);
        cr_expect_eq(kernel_count(r.mask, sizes[k]), count);
    }
}

Test(kernel, columns_are_read_as_narrow_as_they_are)
{
    static const int64_t factors[] = {-1, 3, 65535, -65535, 65536, 1000000};
    static const int widths[] = {1, 2, 4, 8};

    for (size_t k = 0; k < 4 * 6; k++) {
        int width = widths[k % 4];
        int64_t least = width < 8 ? -(INT64_C(1) << (8 * width - 1)) : -1000000000;
        int64_t out[BATCH_ROWS];
        char rows[8 * BATCH_ROWS];
        struct rows r;
        fill(&r, least, -(least + 1));
        r.a[0] = least;
        for (size_t i = 0; i < BATCH_ROWS; i++)
            memcpy(rows + i * (size_t)width, &r.a[i], (size_t)width);
        kernel_scale_column(rows, width, factors[k / 4], out, BATCH_ROWS);
        for (size_t i = 0; i < BATCH_ROWS; i++)
            cr_expect_eq(out[i], r.a[i] * factors[k / 4]);
        kernel_add_column(rows, width, r.b, out, BATCH_ROWS);
        for (size_t i = 0; i < BATCH_ROWS; i++)
            cr_expect_eq(out[i], r.a[i] + r.b[i]);
    }
}

/* Counting takes eight bytes at a time, of which a word adds up no more than 255. */
Test(kernel, counts_of_many_rows_do_not_carry)
{
    static uint8_t mask[3 * 255 * 8 + 7];

    memset(mask, 1, sizeof mask);
    cr_expect_eq(kernel_count(mask, sizeof mask), (int64_t)sizeof mask);
    cr_expect_eq(kernel_count(mask + 1, 255 * 8 + 3), 255 * 8 + 3);
}

Test(kernel, wide_sums_do_not_wrap)
{
    int64_t a[BATCH_ROWS];
    uint8_t mask[BATCH_ROWS];

    memset(mask, 1, sizeof mask);
    kernel_fill(a, VALUE_ABS_MAX - 1, BATCH_ROWS);
    cr_expect(kernel_sum_wide(a, mask, BATCH_ROWS) ==
        (__int128)(VALUE_ABS_MAX - 1) * BATCH_ROWS);
}

Test(kernel, groups_add_up_in_any_number_of_lanes)
{
    static const size_t lanes[] = {1, 4};

    for (size_t k = 0; k < 2 * SIZES_N; k++) {
        struct rows r;
        int64_t counts[4 * 7] = {0}, sums[4 * 7] = {0}, want_counts[7] = {0},
                           want_sums[7] = {0};
        __int128 wide[7] = {0};
        size_t n = sizes[k / 2];
        fill(&r, -50, 50);
        for (size_t i = 0; i < n; i++) {
            want_counts[r.cell[i]] += r.mask[i];
            want_sums[r.cell[i]] += r.mask[i] != 0 ? r.a[i] : 0;
        }
        kernel_group_count(r.cell, r.mask, counts, 7, lanes[k % 2], n);
        kernel_group_sum(r.cell, r.mask, r.a, sums, 7, lanes[k % 2], n);
        kernel_group_sum_wide(r.cell, r.mask, r.a, wide, n);
        for (size_t c = 0; c < 7; c++) {
            cr_expect_eq(counts[c] + counts[7 + c] + counts[14 + c] + counts[21 + c],
                want_counts[c]);
            cr_expect_eq(
                sums[c] + sums[7 + c] + sums[14 + c] + sums[21 + c], want_sums[c]);
            cr_expect(wide[c] == want_sums[c]);
        }
    }
}

Test(kernel, counts_and_sums_are_packed_together)
{
    for (size_t k = 0; k < 2 * SIZES_N; k++) {
        int64_t packed[4 * 7] = {0}, counts[4 * 7] = {0}, sums[4 * 7] = {0};
        size_t n = sizes[k / 2], lanes = k % 2 == 0 ? 1 : 4;
        struct rows r;
        fill(&r, -50, 50);
        kernel_group_pack(r.cell, r.mask, r.a, -50, 30, packed, 7, lanes, n);
        kernel_group_count(r.cell, r.mask, counts, 7, lanes, n);
        kernel_group_sum(r.cell, r.mask, r.a, sums, 7, lanes, n);
        for (size_t c = 0; c < 4 * 7; c++) {
            cr_expect_eq(packed[c] >> 30, counts[c]);
            cr_expect_eq((packed[c] & ((1 << 30) - 1)) - 50 * counts[c], sums[c]);
        }
    }
}

static bool
holds(enum kernel_compare how, int64_t a, int64_t b)
{
    switch (how) {
    case KERNEL_EQ:
        return a == b;
    case KERNEL_NE:
        return a != b;
    case KERNEL_LT:
        return a < b;
    case KERNEL_LE:
        return a <= b;
    case KERNEL_GT:
        return a > b;
    case KERNEL_GE:
        return a >= b;
    }
    return false;
}

/* Rows of `width` bytes against a constant that they may not be able to hold. */
static void
compare_all(enum kernel_compare how, int width, int64_t least, int64_t b)
{
    int64_t values[3] = {least, 0, -(least + 1)}, wide[BATCH_ROWS];
    char rows[8 * BATCH_ROWS];
    uint8_t out[BATCH_ROWS];
    struct rows r;

    fill(&r, 0, 2);
    for (size_t i = 0; i < BATCH_ROWS; i++) {
        wide[i] = values[r.a[i]];
        memcpy(rows + i * (size_t)width, &wide[i], (size_t)width);
    }
    memcpy(out, r.valid, sizeof out);
    kernel_compare_constant(how, rows, width, b, out, out, BATCH_ROWS);
    for (size_t i = 0; i < BATCH_ROWS; i++)
        cr_expect_eq(out[i], holds(how, wide[i], b) & r.valid[i], "%d, width %d: %lld",
            how, width, (long long)b);
}

Test(kernel, constants_of_any_size_compare_with_rows_of_any_width)
{
    static const struct {
        int width;
        int64_t least;
    } widths[] = {{1, INT8_MIN}, {2, INT16_MIN}, {4, INT32_MIN}, {8, INT64_MIN}};

    for (size_t k = 0; k < 6 * 4; k++) {
        enum kernel_compare how = (enum kernel_compare)(k % 6);
        for (size_t i = 0; i < 4; i++) {
            int64_t least = widths[k / 6].least, b = widths[i].least;
            compare_all(how, widths[k / 6].width, least, b);
            compare_all(how, widths[k / 6].width, least, -(b + 1));
            compare_all(how, widths[k / 6].width, least, b / 2);
        }
    }
}

/* The bin by looking at one edge after the other. */
static uint32_t
bin_of(int64_t v, const int64_t *edges, size_t bins)
{
    if (v == edges[bins])
        return (uint32_t)bins - 1;
    for (size_t k = 0; k < bins; k++)
        if (v >= edges[k] && v < edges[k + 1])
            return (uint32_t)k;
    return (uint32_t)bins;
}

Test(kernel, bins_hold_what_lies_between_their_edges)
{
    static const size_t bins_n[] = {1, 2, 5, 16, 17, 33, 64};

    for (size_t k = 0; k < 7; k++) {
        int64_t edges[65];
        struct rows r;
        uint32_t cell[BATCH_ROWS];
        for (size_t i = 0; i <= bins_n[k]; i++)
            edges[i] = (i > 0 ? edges[i - 1] : -40) + 1 + (int64_t)(draw() % 5);
        fill(&r, -60, 200);
        kernel_bins(r.a, r.valid, edges, bins_n[k], cell, BATCH_ROWS);
        for (size_t i = 0; i < BATCH_ROWS; i++) {
            uint32_t want = r.valid[i] != 0 ? bin_of(r.a[i], edges, bins_n[k])
                                            : (uint32_t)bins_n[k];
            cr_expect_eq(
                cell[i], want, "%lld of %zu bins", (long long)r.a[i], bins_n[k]);
        }
    }
}

Test(kernel, cells_of_one_column_start_at_its_base)
{
    static const int64_t bases[] = {-4, 0, INT32_MIN, INT32_MAX - 4};

    for (size_t k = 0; k < 4; k++) {
        uint32_t cell[BATCH_ROWS];
        struct rows r;
        fill(&r, -6, 6);
        r.a[0] = INT32_MIN;
        r.a[1] = INT32_MAX;
        r.a[2] = INT32_MAX - 2;
        kernel_cells_alone(r.a, r.valid, bases[k], 5, 9, cell, BATCH_ROWS);
        for (size_t i = 0; i < BATCH_ROWS; i++) {
            int64_t at = r.a[i] - bases[k];
            uint32_t want = r.valid[i] != 0 && at >= 0 && at < 5 ? (uint32_t)at : 9;
            cr_expect_eq(cell[i], want, "%lld from %lld", (long long)r.a[i],
                (long long)bases[k]);
        }
    }
}

Test(kernel, cells_are_the_cross_product_and_nothing_else)
{
    static const uint32_t lut[] = {6, 24, 0, 24, 12}; /* of -2 … 2; 24: no key */
    struct rows r;
    uint32_t cell[BATCH_ROWS] = {0};

    fill(&r, -4, 4);
    kernel_cells(r.a, r.valid, -2, lut, 5, 24, cell, BATCH_ROWS);
    kernel_cells_even(r.b, r.valid, 0, 1, 4, 24, cell, BATCH_ROWS);
    kernel_cells_close(cell, 24, BATCH_ROWS);
    for (size_t i = 0; i < BATCH_ROWS; i++) {
        bool is_key = r.valid[i] != 0 && r.a[i] >= -2 && r.a[i] <= 2 &&
            lut[r.a[i] + 2] != 24 && r.b[i] >= 0 && r.b[i] < 4;
        uint32_t want = is_key ? lut[r.a[i] + 2] + (uint32_t)r.b[i] : 24;
        cr_expect_eq(cell[i], want, "%lld %lld", (long long)r.a[i], (long long)r.b[i]);
    }
}

Test(kernel, extremes_saturate)
{
    const int64_t most = VALUE_ABS_MAX - 1;
    int64_t a[] = {most, -most, most, -most}, b[] = {most, most, -most, -most}, out[4];
    uint8_t valid[] = {1, 1, 1, 1};

    kernel_add_saturating(a, b, out, 4);
    cr_expect(out[0] == most && out[1] == 0 && out[2] == 0 && out[3] == -most);
    kernel_subtract_saturating(a, b, out, 4);
    cr_expect(out[0] == 0 && out[1] == -most && out[2] == most && out[3] == 0);
    kernel_multiply_saturating(a, b, 1000000000, out, 4);
    cr_expect(out[0] == most && out[1] == -most && out[2] == -most && out[3] == most);
    kernel_divide(a, b, INT64_C(1000000000000000), valid, out, 4);
    cr_expect_eq(out[0], INT64_C(1000000000000000));
    cr_expect_eq(out[1], -INT64_C(1000000000000000));
    kernel_rescale(a, 1000000000, 1, out, 4);
    cr_expect(out[0] == most && out[1] == -most);
    b[0] = 0;
    kernel_divide(a, b, 1, valid, out, 4);
    cr_expect(valid[0] == 0 && valid[1] == 1);
}
