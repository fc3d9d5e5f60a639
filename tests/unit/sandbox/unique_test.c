/* unique_test.c -- who stands alone with a combination of values. */
#include "sandbox/runner/unique.h"

#include <criterion/criterion.h>

#define ROWS 40

/* Two columns over forty rows; persons of two rows each where there are units. */
static int8_t a[ROWS], b[ROWS];
static uint8_t valid[ROWS];
static uint32_t of_row[ROWS];
static struct schema_column types[2];
static struct schema schema = {.columns = types, .columns_n = 2};
static struct column columns[2];
static struct units units = {.n = ROWS / 2, .of_row = of_row};
static struct table table;

static void
setup(void)
{
    for (int i = 0; i < ROWS; i++) {
        a[i] = (int8_t)(i % 4);
        b[i] = (int8_t)(i % 5);
        valid[i] = 1;
        of_row[i] = (uint32_t)i / 2;
    }
    columns[0] = (struct column){.schema = &types[0], .width = 1, .values = a};
    columns[1] =
        (struct column){.schema = &types[1], .width = 1, .values = b, .valid = valid};
    table = (struct table){
        .schema = &schema, .columns = columns, .rows = ROWS, .units = &units};
}

TestSuite(unique, .init = setup);

static int64_t
share(bool first, bool second)
{
    struct diag d = {0};
    bool wanted[] = {first, second};
    int64_t percent = -1;

    cr_assert_eq(unique_share(&d, &table, wanted, &percent), ERR_OK, "%s", d.text);
    return percent;
}

Test(unique, nobody_stands_alone_in_full_groups)
{
    cr_expect_eq(share(true, false), 0);
    cr_expect_eq(share(false, true), 0);
    cr_expect_eq(share(true, true), 0, "each of twenty pairs comes twice");
    cr_expect_eq(share(false, false), 0);
}

Test(unique, one_person_is_told_coarsely)
{
    a[6] = 9;
    cr_expect_eq(share(true, false), 5, "one of twenty persons");
    a[7] = 10;
    cr_expect_eq(share(true, false), 5, "both rows are that person's");
    a[8] = 11;
    cr_expect_eq(share(true, false), 10);
}

Test(unique, rows_of_one_person_do_not_make_a_crowd)
{
    a[6] = a[7] = 9;
    cr_expect_eq(share(true, false), 5);
    table.units = NULL;
    cr_expect_eq(share(true, false), 0, "as two persons they share it");
}

Test(unique, a_missing_value_is_a_value)
{
    valid[3] = 0;
    cr_expect_eq(share(false, true), 5);
    valid[9] = 0;
    cr_expect_eq(share(false, true), 0);
}

Test(unique, rows_that_are_not_kept_do_not_count)
{
    uint8_t kept[ROWS];

    for (int i = 0; i < ROWS; i++)
        kept[i] = i != 6;
    a[6] = 9;
    table.kept = kept;
    cr_expect_eq(share(true, false), 0);
}

Test(unique, the_share_is_rounded_up_and_never_above_all)
{
    for (int i = 0; i < ROWS; i++)
        a[i] = (int8_t)i;
    cr_expect_eq(share(true, false), 100);
    table.units = NULL;
    a[1] = 0;
    cr_expect_eq(share(true, false), 95);
    a[3] = 0;
    cr_expect_eq(share(true, false), 95, "37 of 40 are 92.5 per cent");
}
