/* sdc_values_test.c -- sums over the same rows whose values differ in a few persons. */
#include "policies/sdc_values.h"

#include <criterion/criterion.h>

#define ROWS 200

static uint64_t all_[4] = {UINT64_MAX, UINT64_MAX, UINT64_MAX, 0xff};
static uint64_t half_[4] = {UINT64_MAX, 0xfffffffff, 0, 0};

/* Values that differ from row to row, but for `few` rows times and more. */
static void
values_make(int64_t out[ROWS], int64_t times, int64_t more, size_t few)
{
    for (size_t i = 0; i < ROWS; i++) {
        int64_t v = (int64_t)(i * 37 % 101);
        out[i] = times * v + more + (i % 10 == 5 && i / 10 < few ? 1000 + v : 0);
    }
}

static struct sdc_difference
look(int64_t times, int64_t more, size_t few, const uint64_t *rows, bool is_old_new)
{
    static int64_t x[ROWS], y[ROWS];
    struct sdc_people people = {.rows = ROWS, .n = ROWS};
    const struct sdc_valued cells[] = {{all_, x, 3, is_old_new}, {rows, y, 4, true}};
    struct sdc_difference out = {.complete = true};
    struct diag d = {0};
    ARENA_SCOPE(a, 1 << 20);

    values_make(x, 1, 0, 0);
    values_make(y, times, more, few);
    cr_assert_eq(sdc_values_check(&d, a, &people, cells, 2, 5, 1, &out), ERR_OK);
    return out;
}

Test(sdc_values, a_weight_that_is_another_for_a_few)
{
    struct sdc_difference out = look(1, 0, 3, all_, false);

    cr_expect(out.found && out.with_old && out.complete);
    cr_expect_eq(out.sources_n, 2);
    cr_expect_eq(out.sources[0], 4, "the new one first");
    cr_expect(look(7, 13, 3, all_, false).found, "behind a factor and a constant");
    cr_expect(look(-2, 0, 1, all_, false).found);
    cr_expect(look(1, 0, 3, all_, true).found, "both in one result");
}

Test(sdc_values, what_tells_of_enough_or_of_nobody)
{
    cr_expect_not(look(1, 0, 0, all_, false).found, "the same again");
    cr_expect_not(look(7, 13, 0, all_, false).found, "in another unit");
    cr_expect_not(look(1, 0, 5, all_, false).found, "five are enough");
    cr_expect_not(look(7, 13, 20, all_, false).found);
    cr_expect_not(look(1, 0, 3, half_, false).found, "of other rows");
}

/* Everybody has two rows: four persons are few with eight of them. */
Test(sdc_values, persons_are_few_and_not_their_rows)
{
    static int64_t x[ROWS], y[ROWS];
    static uint32_t of_row[ROWS];
    struct sdc_people people = {.rows = ROWS, .n = ROWS / 2, .of_row = of_row};
    const struct sdc_valued cells[] = {{all_, x, 3, false}, {all_, y, 4, true}};

    for (uint32_t i = 0; i < ROWS; i++)
        of_row[i] = i / 2;
    for (size_t persons = 4; persons < 6; persons++) {
        struct sdc_difference out = {.complete = true};
        struct diag d = {0};
        ARENA_SCOPE(a, 1 << 20);

        values_make(x, 1, 0, 0);
        values_make(y, 1, 0, 0);
        for (size_t i = 0; i < 2 * persons; i++)
            y[i] += 1000 + (int64_t)(i * i);
        cr_assert_eq(sdc_values_check(&d, a, &people, cells, 2, 5, 1, &out), ERR_OK);
        cr_expect_eq(out.found, persons < 5, "%zu", persons);
    }
}

/* No line can be drawn through values that are all the same. */
Test(sdc_values, a_constant_that_is_another_for_a_few)
{
    static int64_t x[ROWS], y[ROWS];
    struct sdc_people people = {.rows = ROWS, .n = ROWS};
    struct sdc_valued cells[] = {{all_, x, 3, false}, {all_, y, 4, true}};
    struct sdc_difference out = {.complete = true};
    struct diag d = {0};
    ARENA_SCOPE(a, 1 << 20);

    for (size_t i = 0; i < ROWS; i++)
        x[i] = y[i] = 7;
    y[3] = y[90] = 8;
    cells[1].is_new = false;
    cr_assert_eq(sdc_values_check(&d, a, &people, cells, 2, 5, 1, &out), ERR_OK);
    cr_expect_not(out.found, "what is old alone is not asked");
    cells[1].is_new = true;
    cr_assert_eq(sdc_values_check(&d, a, &people, cells, 2, 5, 1, &out), ERR_OK);
    cr_expect(out.found && out.with_old);
}
