/* untold_test.c -- an exact answer becomes what may be told of it. */
#include "sandbox/runner/untold.h"

#include <criterion/criterion.h>

/* Evidence of cells with so many persons, none of whom stands out. */
static json_t *
evidence_of(enum sdc_kind kind, const int64_t *persons, size_t n, size_t line)
{
    struct sdc_cell cells[16] = {0};
    struct sdc_evidence e = {.kind = kind, .cells = cells, .cells_n = n, .line = line};

    for (size_t i = 0; i < n; i++)
        cells[i] = (struct sdc_cell){.persons = persons[i],
            .rows = persons[i],
            .largest = 1,
            .second = 1,
            .total = persons[i],
            .differing = persons[i]};
    return sdc_evidence_json(&e);
}

static const int64_t persons_[] = {30, 4, 50, 60};
#define LIST \
    "{\"decimals\":0,\"keys\":[\"A\",\"B\",\"C\",\"D\"],\"values\":[30,4,50,60]}"
#define TABLE                                                                        \
    "{\"decimals\":0,\"keys\":[[\"A\",1],[\"A\",2],[\"B\",1],[\"B\",2]],\"values\":" \
    "[30,4,50,60]}"

/* The answer as it is told, and the marks, "" for none. */
static void
expect_told(enum sdc_kind kind, size_t line, struct sdc_limits l, const char *answer,
    const char *told, const char *marks)
{
    json_auto_t *evidence = evidence_of(kind, persons_, 4, line);
    json_auto_t *doc = json_loads(answer, 0, NULL);
    json_auto_t *want = json_loads(told, 0, NULL);
    struct diag d = {0};

    cr_assert_eq(untold_apply(&d, &l, evidence, doc), ERR_OK, "%s", d.text);
    char *text = json_dumps(doc, JSON_COMPACT);
    cr_expect(json_equal(doc, want), "%s", text);
    free(text);
    const char *got = json_string_value(json_object_get(evidence, "withheld"));
    cr_expect_str_eq(got != NULL ? got : "", marks);
}

static struct sdc_limits
limits(bool suppress, int64_t rounding)
{
    struct sdc_limits l = sdc_limits_default();

    l.suppress = suppress;
    l.rounding = rounding;
    return l;
}

Test(untold, small_cells_are_false_and_so_is_what_gives_them_away)
{
    expect_told(SDC_COUNTS, 4, limits(true, 0), LIST,
        "{\"decimals\":0,\"keys\":[\"A\",\"B\",\"C\",\"D\"],\"values\":"
        "[false,false,50,60]}",
        "1100");
    expect_told(SDC_COUNTS, 2, limits(true, 0), TABLE,
        "{\"decimals\":0,\"keys\":[[\"A\",1],[\"A\",2],[\"B\",1],[\"B\",2]],"
        "\"values\":[false,false,false,false]}",
        "1111");
}

Test(untold, a_policy_that_asks_for_nothing_changes_nothing)
{
    struct sdc_limits l = limits(false, 0);

    cr_expect_not(untold_asked(&l));
    expect_told(SDC_COUNTS, 4, l, LIST, LIST, "");
}

Test(untold, sums_and_means_are_withheld_with_their_keys)
{
    expect_told(SDC_MEANS, 4, limits(true, 5),
        "{\"decimals\":1,\"keys\":[\"A\",\"B\",\"C\",\"D\"],\"values\":[31,42,53,64]}",
        "{\"decimals\":1,\"keys\":[\"A\",\"B\",\"C\",\"D\"],\"values\":"
        "[false,false,53,64]}",
        "1100");
}

Test(untold, counts_are_rounded_and_nothing_else_is)
{
    expect_told(SDC_COUNTS, 4, limits(false, 20), LIST,
        "{\"decimals\":0,\"keys\":[\"A\",\"B\",\"C\",\"D\"],\"values\":[40,0,60,60]}",
        "");
    expect_told(SDC_COUNTS, 4, limits(true, 20), LIST,
        "{\"decimals\":0,\"keys\":[\"A\",\"B\",\"C\",\"D\"],\"values\":"
        "[false,false,60,60]}",
        "1100");
    expect_told(SDC_SUMS, 4, limits(false, 20), LIST, LIST, "");
    expect_told(SDC_COUNTS, 4, limits(false, 20), "{\"decimals\":0,\"value\":33}",
        "{\"decimals\":0,\"value\":40}", "");
}

/* A run that is resumed gets the answers that were kept, whatever the policy was then. */
Test(untold, what_was_withheld_before_stays_so)
{
    expect_told(SDC_COUNTS, 4, limits(true, 0),
        "{\"decimals\":0,\"keys\":[\"A\",\"B\",\"C\",\"D\"],\"values\":[30,4,50,false]"
        "}",
        "{\"decimals\":0,\"keys\":[\"A\",\"B\",\"C\",\"D\"],\"values\":"
        "[false,false,50,false]}",
        "1101");
}
