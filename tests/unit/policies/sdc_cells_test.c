/* sdc_cells_test.c -- each rule over exact cells refuses, and passes just beside. */
#include "policies/sdc_cells.h"

#include <criterion/criterion.h>
#include <string.h>

#define CELLS(...) ((const struct sdc_cell[]){__VA_ARGS__})
#define N(...)     (sizeof CELLS(__VA_ARGS__) / sizeof(struct sdc_cell))
#define EVIDENCE(k, ...)                \
    ((struct sdc_evidence){.kind = (k), \
        .cells = CELLS(__VA_ARGS__),    \
        .cells_n = N(__VA_ARGS__),      \
        .line = 1})

static const struct sdc_cell many = {
    .persons = 50, .rows = 60, .largest = 10, .second = 9, .total = 200};

/* How many cells fail a check, by the struct and by its way over the wire. */
static int64_t
fails(enum sdc_check c, struct sdc_evidence e)
{
    struct sdc_limits l = sdc_limits_default();
    struct sdc_tally direct = {0}, carried = {0};
    json_t *doc = sdc_evidence_json(&e);

    sdc_cells_check(&l, &e, &direct);
    sdc_json_check(&l, doc, &carried);
    json_decref(doc);
    for (size_t i = 0; i < SDC_CHECKS_N; i++) {
        cr_expect_eq(direct.failed[i], carried.failed[i], "%zu", i);
        cr_expect_eq(direct.tried[i], carried.tried[i], "%zu", i);
    }
    return direct.failed[c];
}

Test(sdc_cells, few_persons)
{
    cr_expect_eq(
        fails(SDC_PERSONS, EVIDENCE(SDC_COUNTS, {.persons = 9, .rows = 99})), 1);
    cr_expect_eq(
        fails(SDC_PERSONS, EVIDENCE(SDC_COUNTS, {.persons = 10, .rows = 10})), 0);
    cr_expect_eq(fails(SDC_PERSONS, EVIDENCE(SDC_COUNTS, {.persons = 0})), 0);
}

Test(sdc_cells, who_is_in_no_cell_follows_by_subtraction)
{
    struct sdc_evidence e = EVIDENCE(SDC_COUNTS, many, many);

    cr_expect_eq(fails(SDC_REST, e), 0);
    e.rest_persons = 3;
    cr_expect_eq(fails(SDC_REST, e), 1);
}

Test(sdc_cells, two_have_nearly_all)
{
    struct sdc_cell c = many;

    c.largest = 100;
    c.second = 80;
    cr_expect_eq(fails(SDC_DOMINANCE, EVIDENCE(SDC_SUMS, c)), 0); /* 90 of 100 */
    c.second = 81;
    cr_expect_eq(fails(SDC_DOMINANCE, EVIDENCE(SDC_SUMS, c)), 1);
    cr_expect_eq(fails(SDC_DOMINANCE, EVIDENCE(SDC_COUNTS, c)), 0, "counts have none");
}

Test(sdc_cells, the_second_can_work_out_the_largest)
{
    struct sdc_cell c = {
        .persons = 50, .rows = 50, .largest = 1000, .second = 500, .total = 1600};

    cr_expect_eq(fails(SDC_P_PERCENT, EVIDENCE(SDC_SUMS, c)), 0);
    c.total = 1599;
    cr_expect_eq(fails(SDC_P_PERCENT, EVIDENCE(SDC_SUMS, c)), 1);
}

Test(sdc_cells, sums_at_the_end_of_the_range_do_not_wrap)
{
    struct sdc_cell c = many;

    c.largest = c.second = c.total = INT64_MAX;
    cr_expect_eq(fails(SDC_DOMINANCE, EVIDENCE(SDC_SUMS, c)), 1);
}

Test(sdc_cells, empty_cells_tell_of_a_class)
{
    cr_expect_eq(fails(SDC_ZERO, EVIDENCE(SDC_COUNTS, many, {.persons = 0})), 1);
    cr_expect_eq(fails(SDC_ZERO, EVIDENCE(SDC_COUNTS, {.persons = 0})), 0,
        "one number is no table");
}

Test(sdc_cells, a_group_in_one_cell)
{
    struct sdc_evidence e = EVIDENCE(SDC_COUNTS, many, {.persons = 0}, many, many);
    struct sdc_limits l = sdc_limits_default();
    struct sdc_tally t = {0};

    e.line = 2;
    cr_expect_eq(fails(SDC_FULL, e), 1);
    e.withheld = "0100"; /* whether the other is empty is not told */
    sdc_cells_check(&l, &e, &t);
    cr_expect_eq(t.failed[SDC_FULL], 0);
}

Test(sdc_cells, degrees_of_freedom_are_of_means)
{
    struct sdc_cell c = many;

    c.rows = 10;
    cr_expect_eq(fails(SDC_FREEDOM, EVIDENCE(SDC_MEANS, c)), 1);
    cr_expect_eq(fails(SDC_FREEDOM, EVIDENCE(SDC_SUMS, c)), 0);
    c.rows = 11;
    cr_expect_eq(fails(SDC_FREEDOM, EVIDENCE(SDC_MEANS, c)), 0);
}

Test(sdc_cells, the_same_value_for_everyone)
{
    struct sdc_cell c = many;

    c.equal = true;
    cr_expect_eq(fails(SDC_EQUAL, EVIDENCE(SDC_SUMS, c)), 1);
    cr_expect_eq(fails(SDC_EQUAL, EVIDENCE(SDC_SUMS, many)), 0);
}

Test(sdc_cells, extremes)
{
    struct sdc_cell c = many;

    c.beyond = 10;
    cr_expect_eq(fails(SDC_EXTREME, EVIDENCE(SDC_RANKS, c)), 0);
    c.beyond = 9;
    cr_expect_eq(fails(SDC_EXTREME, EVIDENCE(SDC_RANKS, c)), 1);
    cr_expect_eq(fails(SDC_EXTREME, EVIDENCE(SDC_RANKS, {0})), 0);
}

Test(sdc_cells, one_value_for_all_but_a_few)
{
    struct sdc_cell c = many;

    c.differing = 9;
    cr_expect_eq(fails(SDC_RARE, EVIDENCE(SDC_MEANS, c)), 1);
    cr_expect_eq(fails(SDC_RARE, EVIDENCE(SDC_MODELS, c)), 1);
    cr_expect_eq(fails(SDC_RARE, EVIDENCE(SDC_COUNTS, c)), 0);
    c.differing = 10;
    cr_expect_eq(fails(SDC_RARE, EVIDENCE(SDC_SUMS, c)), 0);
    c.differing = 0;
    cr_expect_eq(fails(SDC_RARE, EVIDENCE(SDC_SUMS, c)), 0);
    c.differing = 9;
    c.persons = 19;
    cr_expect_eq(fails(SDC_RARE, EVIDENCE(SDC_SUMS, c)), 1);
    c.persons = 18; /* half have it: no value is the rare one */
    cr_expect_eq(fails(SDC_RARE, EVIDENCE(SDC_SUMS, c)), 0);
    c.persons = 12; /* most differ: there is no value that most have */
    cr_expect_eq(fails(SDC_RARE, EVIDENCE(SDC_SUMS, c)), 0);
}

Test(sdc_cells, models_need_rows_for_their_parameters)
{
    struct sdc_cell c = many;
    struct sdc_evidence e = EVIDENCE(SDC_MODELS, c);

    e.parameters = 19; /* of 60 rows */
    cr_expect_eq(fails(SDC_FREEDOM, e), 0);
    cr_expect_eq(fails(SDC_SATURATED, e), 0);
    e.parameters = 20;
    cr_expect_eq(fails(SDC_SATURATED, e), 1);
    cr_expect_eq(fails(SDC_FREEDOM, e), 0);
    e.parameters = 51;
    cr_expect_eq(fails(SDC_FREEDOM, e), 1);
    cr_expect_eq(fails(SDC_EQUAL, e), 0);
    c.equal = true;
    cr_expect_eq(fails(SDC_EQUAL, EVIDENCE(SDC_MODELS, c)), 1);
}

Test(sdc_cells, what_cannot_be_checked_fails)
{
    struct sdc_limits l = sdc_limits_default();
    json_t *wrong[] = {NULL, json_null(), json_pack("{}"), json_integer(3),
        json_pack("{s:i, s:i, s:i, s:[]}", "kind", 1, "cells_n", 1, "line", 1, "cells"),
        json_pack("{s:i, s:i, s:i, s:[[i,i,i,i,i,i,i,i]]}", "kind", 1, "cells_n", 1,
            "line", 1, "cells", -1, 0, 0, 0, 0, 0, 0, 0),
        json_pack("{s:i, s:i, s:i, s:[[i,i,i,i,i,i,i,i],[i,i,i,i,i,i,i,i]]}", "kind", 1,
            "cells_n", 1, "line", 1, "cells", 50, 50, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0,
            0, 0, 0),
        json_pack("{s:i, s:i, s:i, s:[[i,i,i,i,i,i,i,i]]}", "kind", SDC_MODELS + 1,
            "cells_n", 1, "line", 1, "cells", 50, 50, 0, 0, 0, 0, 0, 0)};

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct sdc_tally t = {0};
        sdc_json_check(&l, wrong[i], &t);
        cr_expect_eq(t.failed[SDC_EVIDENCE], 1, "%zu", i);
        cr_expect_not(sdc_tally_met(&t));
        json_decref(wrong[i]);
    }
}

Test(sdc_cells, more_cells_than_are_looked_at_fail)
{
    struct sdc_evidence e = EVIDENCE(SDC_COUNTS, many);

    e.cells_n = SDC_CELLS_MAX + 1;
    cr_expect_eq(fails(SDC_EVIDENCE, e), 1);
}

/* Marks that are not as many as the cells withhold none of them. */
Test(sdc_cells, marks_of_another_length_are_none)
{
    static const char *const marks[] = {"1", "", "11"};
    struct sdc_limits l = sdc_limits_default();
    struct sdc_evidence e = EVIDENCE(SDC_COUNTS, {.persons = 3, .rows = 3});
    json_auto_t *doc = sdc_evidence_json(&e);

    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        struct sdc_tally t = {0};
        json_object_set_new(doc, "withheld", json_string(marks[i]));
        sdc_json_check(&l, doc, &t);
        cr_expect_eq(t.failed[SDC_PERSONS], strlen(marks[i]) != 1, "%s", marks[i]);
    }
}

Test(sdc_cells, a_threshold_of_nought_is_off)
{
    struct sdc_limits l = {0};
    struct sdc_evidence e = EVIDENCE(SDC_MEANS,
        {.persons = 1, .rows = 1, .largest = 5, .total = 5, .equal = true}, {0});
    struct sdc_tally t = {0};

    sdc_cells_check(&l, &e, &t);
    cr_expect(sdc_tally_met(&t));
}

Test(sdc_cells, limits_are_read_with_care)
{
    static const struct {
        const char *text;
        enum err err;
    } cases[] = {
        {"{}", ERR_OK},
        {"{\"persons_min\":3,\"zeros\":false,\"exceptions\":\"never\"}", ERR_OK},
        {"{\"persons_min\":-1}", ERR_INVALID},
        {"{\"dominance_percent\":101}", ERR_INVALID},
        {"{\"exceptions\":\"sometimes\"}", ERR_INVALID},
        {"{\"persons\":3}", ERR_INVALID},
        {"[]", ERR_INVALID},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct diag d = {0};
        struct sdc_limits l;
        json_auto_t *doc = json_loads(cases[i].text, 0, NULL);
        cr_expect_eq(sdc_limits_parse(&d, doc, &l), cases[i].err, "%s", cases[i].text);
    }
}
