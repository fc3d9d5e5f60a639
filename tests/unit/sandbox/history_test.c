/* history_test.c -- from plans to told cells: what is compared, and what cannot be. */
#include "sandbox/history.h"
#include "tests/unit/sandbox/made_table.h"

#include <criterion/criterion.h>
#include <stdio.h>

static const char schema_text_[] =
    "{\"unit\":{\"column\":\"who\",\"max_rows\":2},\"columns\":["
    "{\"name\":\"who\",\"type\":\"id\"},"
    "{\"name\":\"ward\",\"type\":\"category\",\"categories\":[\"A\",\"B\",\"C\"]},"
    "{\"name\":\"code\",\"type\":\"text\"},"
    "{\"name\":\"age\",\"type\":\"integer\",\"lower\":\"0\",\"upper\":\"200\"}]}";

static struct made_table made;

/* A hundred rows of fifty persons; nobody's ward is C; three persons' is not known. */
static void
setup(void)
{
    BUF_SCOPE(csv);

    buf_init(&csv, 1 << 16);
    buf_addz(&csv, "who,ward,code,age\n");
    for (int i = 0; i < 100; i++)
        buf_addf(&csv, "p%d,%s,k%d,%d\n", i / 2,
            i < 6           ? ""
                : i % 4 < 2 ? "A"
                            : "B",
            i % 2, i);
    cr_assert_eq(
        made_table(&made, schema_text_, csv.ptr), ERR_OK, "%s", made.diag.text);
}

static void
teardown(void)
{
    made_table_release(&made);
}

TestSuite(history, .init = setup, .fini = teardown);

#define EXACT(ops, measure) \
    "{\"ops\":[" ops "],\"measure\":{\"kind\":" measure "},\"exact\":true}"
#define WHERE(expr)  "{\"op\":\"where\",\"expr\":\"" expr "\"}"
#define BY(column)   "{\"op\":\"group_by\",\"columns\":[\"" column "\"]}"
#define ALL          EXACT("", "\"count\"")
#define WARDS        EXACT(BY("ward"), "\"count\"")
#define LEFT_OUT     EXACT(WHERE("age >= 3"), "\"count\"")
#define MEAN_OF_LATE EXACT(WHERE("age >= 3"), "\"mean\",\"column\":\"age\"")

static struct history_verdict
look(const struct history_plan *plans, size_t n, int64_t least)
{
    struct history_ask ask = {.plans = plans, .plans_n = n, .least = least};
    struct history_verdict v;
    struct diag d = {0};

    cr_assert_eq(history_check(&d, &made.table, &ask, &v), ERR_OK, "%s", d.text);
    return v;
}

#define LOOK(least, ...)                                     \
    look((const struct history_plan[]){__VA_ARGS__},         \
        sizeof((const struct history_plan[]){__VA_ARGS__}) / \
            sizeof(struct history_plan),                     \
        least)

Test(history, whatever_is_measured_it_is_of_rows)
{
    struct history_verdict v = LOOK(5, {ALL, "", false}, {MEAN_OF_LATE, "", true});

    cr_assert(v.difference.found);
    cr_expect_eq(v.difference.sources_n, 2);
    cr_expect_eq(v.difference.sources[0], 1);
    cr_expect_not(LOOK(2, {ALL, "", false}, {MEAN_OF_LATE, "", true}).difference.found,
        "two persons, and two are enough");
    cr_expect_not(LOOK(0, {ALL, "", false}, {LEFT_OUT, "", true}).difference.found);
}

/* The three whose ward is not known follow from a total, but not from half a table. */
Test(history, withheld_cells_are_not_told)
{
    cr_expect(LOOK(5, {WARDS, "", false}, {ALL, "", true}).difference.found);
    cr_expect_not(LOOK(5, {WARDS, "100", false}, {ALL, "", true}).difference.found);
}

Test(history, keys_that_only_the_data_know_are_cells)
{
    struct history_verdict v = LOOK(5, {EXACT(BY("code"), "\"count\""), "", false},
        {EXACT(WHERE("code == 'k1' and age ~= 51"), "\"count\""), "", true});

    cr_expect_eq(v.apart_old, 0);
    cr_expect(v.difference.found);
}

Test(history, lists_of_conditions_are_cells_that_overlap)
{
    struct history_verdict v = LOOK(5,
        {EXACT("",
             "\"above_threshold\",\"queries\":[\"age >= 0\",\"age >= 50\"],"
             "\"threshold\":\"1\""),
            "", false},
        {EXACT(WHERE("age >= 52"), "\"count\""), "", true});

    cr_expect(v.difference.found);
}

Test(history, programs_and_nonsense_are_counted_not_compared)
{
    struct history_verdict v = LOOK(5,
        {"{\"measure\":{\"kind\":\"collect\",\"source\":\"return 1\"},\"exact\":true}",
            "", true},
        {"nonsense", "", false}, {ALL, "", true});

    cr_expect_not(v.difference.found);
    cr_expect_eq(v.apart_new, 1);
    cr_expect_eq(v.apart_old, 1);
}
