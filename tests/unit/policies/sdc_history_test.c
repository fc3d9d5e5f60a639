/* sdc_history_test.c -- what follows from told cells by adding and subtracting. */
#include "policies/sdc_history.h"

#include "datasite/base/check.h"

#include <criterion/criterion.h>
#include <string.h>

#define ROWS_MAX_ 4096
#define CELLS_MAX 80

static struct {
    uint64_t bits[CELLS_MAX][ROWS_MAX_ / 64];
    struct sdc_told told[CELLS_MAX];
    uint32_t person[ROWS_MAX_];
    size_t n;
    struct sdc_people people;
} made;

static void
rows(size_t n)
{
    memset(&made, 0, sizeof made);
    made.people = (struct sdc_people){.rows = n, .n = n};
}

/* The rows [from, to) that are `rest` modulo `step`. */
static void
cell(bool is_new, size_t from, size_t to, size_t step, size_t rest)
{
    for (size_t i = from; i < to; i++) {
        if (i % step == rest)
            made.bits[made.n][i / 64] |= UINT64_C(1) << (i % 64);
    }
    made.told[made.n] = (struct sdc_told){made.bits[made.n], made.n, is_new};
    made.n++;
}

static void
put(size_t at, size_t row)
{
    made.bits[at][row / 64] ^= UINT64_C(1) << (row % 64);
}

static struct sdc_difference
look(int64_t least)
{
    ARENA_SCOPE(a, (size_t)64 << 20);
    struct sdc_difference out;
    struct diag d = {0};

    cr_assert_eq(
        sdc_history_check(&d, a, &made.people, made.told, made.n, least, 1, &out),
        ERR_OK, "%s", d.text);
    return out;
}

Test(sdc_history, what_was_told_before_is_named_first)
{
    rows(1000);
    cell(true, 0, 1000, 1, 0);
    cell(true, 1, 1000, 1, 0);
    cr_assert(look(10).found);
    cr_expect_not(look(10).with_old);
    cell(false, 0, 998, 1, 0);
    cr_assert(look(10).with_old);
    cr_expect_eq(look(10).sources[1], 2);
}

Test(sdc_history, one_left_out_or_added)
{
    rows(1000);
    cell(false, 0, 1000, 1, 0);
    cell(true, 1, 1000, 1, 0);
    struct sdc_difference found = look(10);
    cr_assert(found.found);
    cr_expect_eq(found.sources_n, 2);
    cr_expect_eq(found.sources[0], 1, "the new one comes first");
    cr_expect_eq(found.sources[1], 0);
    rows(1000);
    cell(false, 0, 500, 1, 0);
    cell(true, 0, 501, 1, 0);
    cr_expect(look(10).found);
}

Test(sdc_history, the_threshold_itself_may_leave)
{
    rows(1000);
    cell(false, 0, 1000, 1, 0);
    cell(true, 10, 1000, 1, 0);
    cr_expect_not(look(10).found);
    cr_expect(look(11).found);
    cr_expect_not(look(0).found, "a threshold of 0 turns the rule off");
}

/* More cells than are weighed in numbers count as if weights were there. */
Test(sdc_history, many_parts_and_a_whole_with_a_few_more)
{
    for (size_t more = 4; more < 6; more++) {
        rows(800);
        for (size_t i = 0; i < 70; i++)
            cell(false, 10 * i, 10 * i + 10, 1, 0);
        cell(true, 0, 700 + more, 1, 0);
        cr_expect_eq(look(5).found, more < 5, "%zu", more);
    }
}

/* Of more cells than are compared the verdict says so; pairs are looked at all the same. */
Test(sdc_history, more_cells_than_are_compared)
{
    static uint64_t whole = UINT64_MAX, less = UINT64_MAX - 7;
    static struct sdc_told told[SDC_HISTORY_CELLS_MAX + 1];
    struct sdc_people people = {.rows = 64, .n = 64};

    for (size_t i = 0; i < ARRAY_N(told); i++)
        told[i] = (struct sdc_told){&whole, i, true};
    for (int short_one = 0; short_one < 2; short_one++) {
        ARENA_SCOPE(a, (size_t)64 << 20);
        struct sdc_difference out;
        struct diag d = {0};

        told[4000].rows = short_one ? &less : &whole;
        cr_assert_eq(sdc_history_check(&d, a, &people, told, ARRAY_N(told), 5, 1, &out),
            ERR_OK, "%s", d.text);
        cr_expect_eq(out.found, short_one == 1);
        cr_expect_not(out.complete);
    }
}

Test(sdc_history, disjoint_halves_the_same_again_and_a_remainder)
{
    rows(1000);
    cell(false, 0, 500, 1, 0);
    cell(true, 500, 1000, 1, 0);
    cell(true, 0, 500, 1, 0);
    cell(true, 0, 1000, 1, 0);
    cr_expect_not(look(10).found);
}

Test(sdc_history, what_is_old_alone_is_not_asked)
{
    rows(1000);
    cell(false, 0, 1000, 1, 0);
    cell(false, 1, 1000, 1, 0);
    cell(true, 0, 400, 1, 0);
    cr_expect_not(look(10).found);
}

Test(sdc_history, the_cells_of_one_result_are_held_together)
{
    rows(1000);
    cell(true, 0, 1000, 1, 0);
    cell(true, 0, 997, 1, 0);
    cr_expect(look(10).found);
}

Test(sdc_history, a_whole_and_two_parts)
{
    rows(1000);
    cell(false, 0, 1000, 1, 0);
    cell(false, 0, 300, 1, 0);
    cell(true, 303, 1000, 1, 0); /* 300, 301 and 302 are left */
    struct sdc_difference found = look(10);
    cr_assert(found.found);
    cr_expect_eq(found.sources_n, 3);
    cr_expect_eq(found.sources[0], 2);
}

/* a | b counted apart and together: who is in both follows twice. */
Test(sdc_history, overlap_of_two)
{
    rows(1000);
    cell(false, 0, 400, 1, 0);
    cell(false, 397, 800, 1, 0);
    cell(true, 0, 800, 1, 0);
    for (size_t i = 397; i < 400; i++)
        put(2, i);
    cr_expect(look(10).found);
}

/* Twenty parts told one by one, then the total: three persons are in no part. */
Test(sdc_history, a_total_and_all_its_parts)
{
    rows(1003);
    for (size_t i = 0; i < 20; i++)
        cell(i < 19, i * 50, i * 50 + 50, 1, 0);
    cr_expect_not(look(10).found);
    cell(true, 0, 1003, 1, 0);
    cr_expect(look(10).found);
}

/* Parts of two partitions, of which neither is whole: what they share cancels. */
Test(sdc_history, two_partitions_of_the_same_rows)
{
    rows(900);
    for (size_t i = 0; i < 5; i++)
        cell(false, 0, 900, 5, i);
    for (size_t i = 0; i < 9; i++)
        cell(i == 8, i * 100, i * 100 + 100, 1, 0);
    cr_expect_not(look(10).found);
    put(13, 850);
    put(13, 860);
    cr_expect(look(10).found);
}

/* Modulo 2 the third is the sum of the others but for a row; in numbers it is not. */
Test(sdc_history, what_cannot_be_computed_is_not_refused)
{
    rows(900);
    cell(false, 0, 600, 1, 0);
    cell(false, 300, 900, 1, 0);
    cell(true, 0, 300, 1, 0);
    for (size_t i = 600; i < 899; i++)
        put(2, i);
    cr_expect_not(look(10).found);
}

Test(sdc_history, persons_count_not_rows)
{
    rows(1000);
    for (size_t i = 0; i < 1000; i++)
        made.person[i] = (uint32_t)(i / 5);
    made.people.of_row = made.person;
    made.people.n = 200;
    cell(false, 0, 1000, 1, 0);
    cell(true, 45, 1000, 1, 0); /* 45 rows of nine persons */
    cr_expect(look(10).found);
    rows(1000);
    for (size_t i = 0; i < 1000; i++)
        made.person[i] = (uint32_t)(i / 5);
    made.people.of_row = made.person;
    made.people.n = 200;
    cell(false, 0, 1000, 1, 0);
    cell(true, 50, 1000, 1, 0);
    cr_expect_not(look(10).found);
}

/* A person who stays in, and one row of theirs that does not. */
Test(sdc_history, a_row_of_a_person_who_stays)
{
    rows(1000);
    for (size_t i = 0; i < 1000; i++)
        made.person[i] = (uint32_t)(i / 2);
    made.people.of_row = made.person;
    made.people.n = 500;
    cell(false, 0, 1000, 1, 0);
    cell(true, 1, 1000, 1, 0);
    cr_expect(look(10).found);
}

Test(sdc_history, small_and_empty_cells_are_left_to_other_rules)
{
    rows(1000);
    cell(true, 0, 4, 1, 0);
    cell(true, 10, 13, 1, 0);
    cell(true, 0, 0, 1, 0);
    cell(true, 100, 200, 1, 0);
    cr_expect_not(look(10).found);
}

/* ---- against every combination ---- */

#define SMALL_ROWS  40
#define SMALL_CELLS 6

static uint64_t
next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Is there one with weights of -1, 0 and 1 that isolates fewer than `least` rows? */
static bool
any_combination(int64_t least)
{
    int combinations = 1;

    for (size_t i = 0; i < made.n; i++)
        combinations *= 3;
    for (int c = 0; c < combinations; c++) {
        int weight[SMALL_CELLS], rest = c, left = 0;
        for (size_t i = 0; i < made.n; i++, rest /= 3)
            weight[i] = rest % 3 - 1;
        for (size_t row = 0; weight[made.n - 1] == 1 && row < SMALL_ROWS; row++) {
            int sum = 0;
            for (size_t i = 0; i < made.n; i++)
                sum += weight[i] * (int)(made.bits[i][0] >> row & 1);
            left += sum != 0;
        }
        if (left > 0 && left < least)
            return true;
    }
    return false;
}

/* Cells of intervals, as conditions make them, the last of them new. */
Test(sdc_history, finds_what_trying_everything_finds)
{
    uint64_t state = 11;
    int found = 0;

    for (int round = 0; round < 400; round++) {
        rows(SMALL_ROWS);
        while (made.n < SMALL_CELLS) {
            size_t from = next(&state) % (SMALL_ROWS / 2);
            size_t to = from + 3 + next(&state) % (SMALL_ROWS - from - 3);
            cell(made.n == SMALL_CELLS - 1, from, to + 1, 1, 0);
        }
        bool any = any_combination(3);
        found += any;
        cr_expect(!any || look(3).found, "round %d", round);
    }
    cr_expect_gt(found, 50, "%d", found);
    cr_expect_lt(found, 380, "%d", found);
}
