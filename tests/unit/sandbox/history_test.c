/* history_test.c -- from plans to told cells: what is compared, and what cannot be. */
#include "sandbox/runner/history.h"
#include "tests/unit/sandbox/made_table.h"

#include <criterion/criterion.h>

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

/* ---- several versions of the data ---- */

static const char unnamed_[] =
    "{\"unit\":null,\"columns\":["
    "{\"name\":\"ward\",\"type\":\"category\",\"categories\":[\"A\",\"B\"]},"
    "{\"name\":\"age\",\"type\":\"integer\",\"lower\":\"0\",\"upper\":\"200\"}]}";

/* Sixty people, two to an age: without those from `gone` on to `end`, those below `older` a
 * year older, and the first `more` of others beside them. */
static void
version_make(struct made_table *m, bool named, int gone, int end, int older, int more)
{
    BUF_SCOPE(csv);

    buf_init(&csv, 1 << 16);
    buf_addz(&csv, named ? "who,ward,code,age\n" : "ward,age\n");
    for (int i = 0; i < 60 + more; i++) {
        const char *ward = i % 4 < 2 ? "A" : "B";
        int age = i / 2 + (i < older);
        if (i >= gone && i < end)
            continue;
        if (named)
            buf_addf(&csv, "p%d,%s,k,%d\n", i, ward, age);
        else
            buf_addf(&csv, "%s,%d\n", ward, age);
    }
    cr_assert_eq(made_table(m, named ? schema_text_ : unnamed_, csv.ptr), ERR_OK, "%s",
        m->diag.text);
}

/* Does the second version's answer tell of fewer than five beside the first's? */
static struct history_verdict
look_across(bool named, const char *before, const char *now, int gone, int end,
    int older, int more)
{
    static struct made_table first, second;
    const struct history_plan plans[] = {{before, "", 1, false}, {now, "", 2, true}};
    struct history_ask ask = {
        .data_version = 2, .plans = plans, .plans_n = 2, .least = 5};
    struct history_verdict v;
    struct diag d = {0};

    version_make(&first, named, 0, 0, 0, 0);
    version_make(&second, named, gone, end, older, more);
    const struct history_data data[] = {{2, &second.table}, {1, &first.table}};
    cr_assert_eq(history_check(&d, data, 2, &ask, &v), ERR_OK, "%s", d.text);
    made_table_release(&first);
    made_table_release(&second);
    return v;
}
#define ACROSS(named, before, now, ...) \
    look_across(named, before, now, __VA_ARGS__).difference.found
#define MEAN_OF_ALL EXACT("", "\"mean\",\"column\":\"age\"")
#define YOUNG       EXACT(WHERE("age < 10"), "\"count\"")

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

    const struct history_data data = {1, &made.table};

    cr_assert_eq(history_check(&d, &data, 1, &ask, &v), ERR_OK, "%s", d.text);
    return v;
}

#define LOOK(least, ...)                                     \
    look((const struct history_plan[]){__VA_ARGS__},         \
        sizeof((const struct history_plan[]){__VA_ARGS__}) / \
            sizeof(struct history_plan),                     \
        least)

Test(history, whatever_is_measured_it_is_of_rows)
{
    struct history_verdict v =
        LOOK(5, {ALL, "", 1, false}, {MEAN_OF_LATE, "", 1, true});

    cr_assert(v.difference.found);
    cr_expect_eq(v.difference.sources_n, 2);
    cr_expect_eq(v.difference.sources[0], 1);
    cr_expect_not(
        LOOK(2, {ALL, "", 1, false}, {MEAN_OF_LATE, "", 1, true}).difference.found,
        "two persons, and two are enough");
    cr_expect_not(
        LOOK(0, {ALL, "", 1, false}, {LEFT_OUT, "", 1, true}).difference.found);
}

/* The three whose ward is not known follow from a total, but not from half a table. */
Test(history, withheld_cells_are_not_told)
{
    cr_expect(LOOK(5, {WARDS, "", 1, false}, {ALL, "", 1, true}).difference.found);
    cr_expect_not(
        LOOK(5, {WARDS, "100", 1, false}, {ALL, "", 1, true}).difference.found);
}

Test(history, keys_that_only_the_data_know_are_cells)
{
    struct history_verdict v = LOOK(5, {EXACT(BY("code"), "\"count\""), "", 1, false},
        {EXACT(WHERE("code == 'k1' and age ~= 51"), "\"count\""), "", 1, true});

    cr_expect_eq(v.apart_old, 0);
    cr_expect(v.difference.found);
}

Test(history, lists_of_conditions_are_cells_that_overlap)
{
    struct history_verdict v = LOOK(5,
        {EXACT("",
             "\"above_threshold\",\"queries\":[\"age >= 0\",\"age >= 50\"],"
             "\"threshold\":\"1\""),
            "", 1, false},
        {EXACT(WHERE("age >= 52"), "\"count\""), "", 1, true});

    cr_expect(v.difference.found);
}

Test(history, programs_and_nonsense_are_counted_not_compared)
{
    struct history_verdict v = LOOK(5,
        {"{\"measure\":{\"kind\":\"collect\",\"source\":\"return 1\"},\"exact\":true}",
            "", 1, true},
        {"nonsense", "", 1, false}, {ALL, "", 1, true});

    cr_expect_not(v.difference.found);
    cr_expect_eq(v.apart_new, 1);
    cr_expect_eq(v.apart_old, 1);
}

Test(history, somebody_who_went_follows_from_the_same_question)
{
    for (int named = 0; named < 2; named++) {
        cr_expect_not(ACROSS(named, ALL, ALL, 0, 0, 0, 0), "the same data again");
        cr_expect(ACROSS(named, ALL, ALL, 7, 8, 0, 0), "one went");
        cr_expect(ACROSS(named, ALL, MEAN_OF_ALL, 7, 8, 0, 0), "and of a mean");
        cr_expect(ACROSS(named, ALL, ALL, 0, 0, 0, 4), "four came");
        cr_expect_not(ACROSS(named, ALL, ALL, 7, 12, 0, 0), "five went");
        cr_expect_not(ACROSS(named, ALL, ALL, 0, 0, 0, 5), "five came");
        cr_expect_not(ACROSS(named, YOUNG, YOUNG, 40, 41, 0, 0), "somebody else went");
        cr_expect(
            ACROSS(named, YOUNG, YOUNG, 2, 3, 0, 20), "one of those that it is of");
    }
}

/* A correction is one of few persons, even where it is a row that went and one that came. */
Test(history, somebody_whose_row_changed_follows_too)
{
    for (int named = 0; named < 2; named++) {
        cr_expect(ACROSS(named, YOUNG, YOUNG, 0, 0, 3, 0), "three changed");
        cr_expect(ACROSS(named, ALL, ALL, 0, 0, 3, 0), "even if all are counted");
        cr_expect_not(ACROSS(named, ALL, ALL, 0, 0, 5, 0), "five changed");
    }
}

Test(history, a_version_that_is_gone_is_not_taken_for_another)
{
    struct history_verdict v = LOOK(5, {ALL, "", 7, false}, {ALL, "", 1, true});

    cr_expect_not(v.difference.found);
    cr_expect_eq(v.apart_old, 1);
}
