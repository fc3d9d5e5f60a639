/* mockcheck_test.c -- what counts as a leak of a mock, rule by rule, and what does not. */
#include "tests/unit/sandbox/made_table.h"

#include "sandbox/runner/mockcheck.h"

#include <criterion/criterion.h>
#include <string.h>

#define ROWS 400

static const char schema_text_[] =
    "{\"unit\":null,\"columns\":["
    "{\"name\":\"number\",\"type\":\"integer\"},"
    "{\"name\":\"who\",\"type\":\"id\"},"
    "{\"name\":\"cost\",\"type\":\"decimal\",\"decimals\":2,\"lower\":\"0\","
    "\"upper\":\"100000\"},"
    "{\"name\":\"ward\",\"type\":\"category\",\"categories\":[\"A\",\"B\",\"C\"]},"
    "{\"name\":\"age\",\"type\":\"integer\"},"
    "{\"name\":\"days\",\"type\":\"integer\"},"
    "{\"name\":\"name\",\"type\":\"text\"}]}";

enum {
    NUMBER,
    WHO,
    COST,
    WARD,
    AGE,
    DAYS,
    NAME
};

/* One row's fields; what a test changes in a mock. */
struct row {
    int number, cost, ward, age, days;
    char who[24], name[24];
};

static uint64_t state;

static int
draw(int n)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int)((state >> 33) % (uint64_t)n);
}

/* A sum of draws: dense in the middle, thin at the ends, as what is measured is. */
static void
draw_rows(uint64_t seed, struct row *rows, size_t n)
{
    state = seed;
    for (size_t i = 0; i < n; i++) {
        struct row *r = &rows[i];
        r->number = (int)i + 1;
        r->cost = draw(2000000) + draw(2000000) + draw(2000000);
        r->ward = draw(3);
        r->age = draw(100);
        r->days = draw(100);
        snprintf(r->who, sizeof r->who, "P-%08d", draw(99999999));
        snprintf(r->name, sizeof r->name, "%c%c%c%c", 'a' + draw(26), 'a' + draw(26),
            'a' + draw(26), 'a' + draw(26));
    }
}

static void
shuffle(struct row *rows, size_t n)
{
    state = 99;
    for (size_t i = n; i > 1; i--) {
        size_t k = (size_t)draw((int)i);
        struct row r = rows[i - 1];
        rows[i - 1] = rows[k];
        rows[k] = r;
    }
}

/* In place: the table points at its own schema. */
static void
table_make(struct made_table *m, const struct row *rows, size_t n)
{
    BUF_SCOPE(csv);

    buf_init(&csv, 1 << 22);
    buf_addz(&csv, "number,who,cost,ward,age,days,name\n");
    for (size_t i = 0; i < n; i++)
        buf_addf(&csv, "%d,%s,%d.%02d,%c,%d,%d,%s\n", rows[i].number, rows[i].who,
            rows[i].cost / 100, rows[i].cost % 100, 'A' + rows[i].ward, rows[i].age,
            rows[i].days, rows[i].name);
    cr_assert_eq(made_table(m, schema_text_, csv.ptr), ERR_OK, "%s", m->diag.text);
}

static struct row data[ROWS], mock[ROWS];

static void
setup(void)
{
    draw_rows(1, data, ROWS);
    draw_rows(2, mock, ROWS);
}

TestSuite(mockcheck, .init = setup);

static struct mock_report
report_of_two(size_t data_n, size_t mock_n, unsigned rules)
{
    struct made_table x = {0}, y = {0};
    struct mock_report r;
    struct diag d = {0};

    table_make(&x, data, data_n);
    table_make(&y, mock, mock_n);
    cr_assert_eq(mockcheck(&d, &x.table, &y.table, rules, &r), ERR_OK, "%s", d.text);
    made_table_release(&x);
    made_table_release(&y);
    return r;
}

static struct mock_report
report_of(size_t mock_n, unsigned rules)
{
    return report_of_two(ROWS, mock_n, rules);
}

/* The rule finds it in the column, and the others alone do not: with the rule taken
 * out, nothing is found there. */
static void
only(enum sdc_mock_rule rule, size_t column)
{
    struct mock_report r = report_of(ROWS, SDC_MOCK_ALL);
    struct mock_report without = report_of(ROWS, SDC_MOCK_ALL & ~(1u << rule));

    cr_assert(r.leaks);
    cr_assert_eq(r.columns[column].broken_rules, 1u << rule, "%zu: %x", column,
        r.columns[column].broken_rules);
    cr_assert_not(without.leaks);
}

Test(mockcheck, tables_made_apart_pass)
{
    for (uint64_t seed = 2; seed < 22; seed++) {
        draw_rows(seed, mock, ROWS);
        cr_expect_not(report_of(ROWS, SDC_MOCK_ALL).leaks, "seed %d", (int)seed);
        cr_expect_not(report_of(20, SDC_MOCK_ALL).leaks, "seed %d", (int)seed);
    }
}

Test(mockcheck, both_sorted_pass)
{
    /* Only the costs are put in order, in both. */
    for (size_t i = 1; i < ROWS; i++)
        for (size_t k = i; k > 0; k--) {
            struct row *tables[] = {data, mock};
            for (size_t t = 0; t < 2; t++) {
                int *a = &tables[t][k - 1].cost, *b = &tables[t][k].cost, c = *a;
                if (c > *b) {
                    *a = *b;
                    *b = c;
                }
            }
        }
    cr_assert_not(report_of(ROWS, SDC_MOCK_ALL).leaks);
}

Test(mockcheck, a_noisy_copy_in_order_is_found)
{
    state = 3;
    for (size_t i = 0; i < ROWS; i++)
        mock[i].cost = data[i].cost / 2 + 12345 + draw(1000000);
    only(SDC_MOCK_ORDER, COST);
}

Test(mockcheck, a_category_in_order_is_found)
{
    for (size_t i = 0; i < ROWS; i++)
        mock[i].ward = data[i].ward;
    only(SDC_MOCK_ORDER, WARD);
}

Test(mockcheck, what_one_rule_hands_out_in_both_passes)
{
    for (size_t i = 0; i < ROWS; i++) {
        data[i].ward = mock[i].ward = (int)(i % 3);
        data[i].age = mock[i].age = (int)(i * 7 % 90);
    }
    cr_assert_not(report_of(ROWS, SDC_MOCK_ALL).leaks);
    cr_assert_not(report_of(40, SDC_MOCK_ALL).leaks);
}

/* They lie as evenly in the mock as in the data, which no sample does. */
Test(mockcheck, what_another_rule_hands_out_passes_too)
{
    for (size_t i = 0; i < ROWS; i++) {
        data[i].cost = 1000 * (int)(i * 7 % 30);
        mock[i].cost = 1000 * (int)(i * 11 % 30);
    }
    cr_assert_not(report_of(ROWS, SDC_MOCK_ALL).leaks);
    cr_assert_not(report_of(100, SDC_MOCK_ALL).leaks);
}

/* A table of few different rows, as a rule makes it: no column by itself says much. */
static void
rule_rows(struct row *rows)
{
    for (size_t i = 0; i < ROWS; i++) {
        rows[i] = (struct row){.number = (int)i + 1,
            .cost = 100 * (int)(i % 37),
            .ward = (int)(i % 3),
            .age = 20 + (int)(i % 50),
            .name = "same"};
        snprintf(rows[i].who, sizeof rows[i].who, "p%zu", i);
    }
}

Test(mockcheck, the_very_table_is_found)
{
    static const size_t sizes[] = {3, 10, 50, ROWS};

    rule_rows(data);
    rule_rows(mock);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct mock_report whole = report_of_two(sizes[i], sizes[i], SDC_MOCK_ALL);
        struct mock_report part = report_of_two(ROWS, sizes[i], SDC_MOCK_ALL);
        cr_expect(whole.columns[WARD].broken_rules == 1u << SDC_MOCK_ROWS);
        cr_expect(part.columns[WARD].broken_rules == 1u << SDC_MOCK_ROWS);
    }
    mock[2].days = 1;
    cr_assert_not(report_of_two(3, 3, SDC_MOCK_ALL).leaks);
}

Test(mockcheck, its_rows_in_another_order_are_found)
{
    rule_rows(data);
    rule_rows(mock);
    for (size_t i = 0; i < ROWS; i++)
        snprintf(mock[i].who, sizeof mock[i].who, "m%zu", i);
    shuffle(mock, 40);
    cr_assert(report_of_two(40, 40, SDC_MOCK_ALL).leaks);
    mock[3].days = 1;
    cr_assert_not(report_of_two(40, 40, SDC_MOCK_ALL).leaks);
}

/* Columns that follow from each other, as country and capital do: there are few rows to
 * choose from, whoever makes them. */
Test(mockcheck, rows_that_many_hold_may_come_again)
{
    for (size_t i = 0; i < ROWS; i++) {
        int of = draw(40), again = draw(40);
        data[i] =
            (struct row){.number = 1, .age = 3 * of, .days = 2 * of, .cost = 700 * of};
        mock[i] = (struct row){
            .number = 1, .age = 3 * again, .days = 2 * again, .cost = 700 * again};
    }
    cr_assert_not(report_of_two(ROWS, 60, 1u << SDC_MOCK_ROWS).leaks);
}

Test(mockcheck, a_table_of_which_there_are_few_may_come_again)
{
    for (size_t i = 0; i < ROWS; i++) {
        data[i] = (struct row){.number = 1, .ward = (int)(i % 2)};
        mock[i] = data[i];
    }
    cr_assert_not(report_of_two(3, 3, SDC_MOCK_ALL).leaks);
}

Test(mockcheck, one_row_out_of_step_is_no_rule)
{
    for (size_t i = 0; i < ROWS; i++)
        data[i].ward = mock[i].ward = (int)(i % 3);
    data[ROWS / 2 - 7].ward = mock[ROWS / 2 - 7].ward = 0;
    data[ROWS / 2 + 7].ward = mock[ROWS / 2 + 7].ward = 1;
    only(SDC_MOCK_ORDER, WARD);
}

Test(mockcheck, numbers_of_persons_are_found)
{
    for (size_t i = 0; i < ROWS; i += 4)
        memcpy(mock[i].who, data[ROWS - 1 - i].who, sizeof mock[i].who);
    only(SDC_MOCK_VALUES, WHO);
}

Test(mockcheck, texts_of_single_rows_are_found)
{
    for (size_t i = 0; i < ROWS; i += 4)
        memcpy(mock[i].name, data[ROWS - 1 - i].name, sizeof mock[i].name);
    only(SDC_MOCK_TEXTS, NAME);
}

Test(mockcheck, a_scaled_column_in_another_order_is_found)
{
    shuffle(data, ROWS);
    for (size_t i = 0; i < ROWS; i++)
        mock[i].cost = data[i].cost / 3 + 777;
    shuffle(mock, ROWS);
    only(SDC_MOCK_SHAPE, COST);
}

Test(mockcheck, a_mirrored_column_in_another_order_is_found)
{
    for (size_t i = 0; i < ROWS; i++)
        mock[i].cost = 9000000 - data[i].cost;
    shuffle(mock, ROWS);
    only(SDC_MOCK_SHAPE, COST);
}

Test(mockcheck, rounded_up_or_down_in_another_order_is_found)
{
    for (int down = 0; down < 2; down++) {
        for (size_t i = 0; i < ROWS; i++)
            mock[i].cost = (data[i].cost + (down ? 0 : 5000)) / 10000 * 10000;
        shuffle(mock, ROWS);
        only(SDC_MOCK_SHAPE, COST);
    }
}

Test(mockcheck, rows_are_found_whole_or_changed_in_a_part)
{
    const unsigned rows_only = 1u << SDC_MOCK_ROWS;

    for (size_t i = 0; i < 8; i++)
        mock[i] = data[100 + i];
    cr_assert(report_of(100, rows_only).leaks);
    for (size_t i = 0; i < 8; i++)
        mock[i].ward = (mock[i].ward + 1) % 3;
    struct mock_report r = report_of(100, rows_only);
    cr_assert(r.leaks);
    cr_assert_eq(r.columns[WARD].broken_rules, 0, "it was changed in every row");
    cr_assert_eq(r.columns[COST].broken_rules, rows_only);
    for (size_t i = 0; i < 8; i++)
        mock[i].cost += 1 + draw(100);
    cr_assert_not(report_of(100, rows_only).leaks, "too little is left of the rows");
}

Test(mockcheck, row_numbers_are_no_secret)
{
    struct mock_report r = report_of(ROWS, SDC_MOCK_ALL);

    cr_assert_eq(data[10].number, mock[10].number);
    cr_assert_eq(r.columns[NUMBER].broken_rules, 0);
}

Test(mockcheck, parity_tells_of_categories)
{
    cr_assert(report_of(ROWS, SDC_MOCK_ALL).columns[WARD].categories);
    for (size_t i = 0; i < ROWS; i++)
        mock[i].ward = 0;
    cr_assert_not(report_of(ROWS, SDC_MOCK_ALL).columns[WARD].categories);
}

Test(mockcheck, how_much_is_a_copy)
{
    cr_expect(sdc_mock_rows(20, 0, 1000000), "so many at any share");
    cr_expect_not(sdc_mock_rows(19, 0, 1000000));
    cr_expect(sdc_mock_rows(5, 0, 500), "one in a hundred");
    cr_expect_not(sdc_mock_rows(5, 0, 600));
    cr_expect_not(sdc_mock_rows(4, 0, 100));
    cr_expect(sdc_mock_rows(0, 20, 200));
    cr_expect_not(sdc_mock_rows(0, 20, 210));
    cr_expect_not(sdc_mock_rows(0, 19, 100));
    cr_expect(sdc_mock_texts(12, 240, 50, 100));
    cr_expect_not(sdc_mock_texts(11, 200, 50, 100));
    cr_expect_not(sdc_mock_texts(12, 260, 50, 100));
    cr_expect_not(sdc_mock_texts(12, 240, 49, 100));
}
