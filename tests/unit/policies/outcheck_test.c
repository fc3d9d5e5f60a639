/* outcheck_test.c -- each rule over outputs refuses, and passes just beside. */
#include "policies/outcheck.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const char source_[] =
    "local t = site.open 'wards'\n"
    "return { total = t:collect([[ return { inner = 'deep\\n' } ]]), ['a b'] = 1 }\n";

static json_t *
texts(void)
{
    struct schema_column column = {.name = "ward"};
    static const char *const categories[] = {"A", "B"};
    struct schema s = {.columns = &column, .columns_n = 1};
    json_t *out = json_object();
    struct diag d = {0};

    column.categories = categories;
    column.categories_n = 2;
    cr_assert_eq(outcheck_categories(&d, &s, out), ERR_OK);
    cr_assert_eq(outcheck_literals(&d, STR(source_), out), ERR_OK);
    return out;
}

/* Is the check met? own NULL: all of the output is the script's own. */
static bool
met(const char *check, const char *output, const char *own, struct sdc_limits l)
{
    json_auto_t *allowed = texts(), *whole = json_loads(output, JSON_DECODE_ANY, NULL);
    json_auto_t *rest = json_loads(own != NULL ? own : output, JSON_DECODE_ANY, NULL);
    json_auto_t *list = outcheck(&l, whole, rest, allowed);
    json_t *one;
    size_t i;

    json_array_foreach(list, i, one)
    {
        if (strcmp(json_string_value(json_object_get(one, "name")), check) == 0)
            return json_is_true(json_object_get(one, "met"));
    }
    return true; /* turned off */
}

Test(outcheck, texts_are_categories_or_literals)
{
    static const char *const good[] = {"\"A\"", "{\"total\":3}", "[\"wards\",\"ward\"]",
        "{\"inner\":\"deep\\n\"}", "{\"a b\":true}"};
    static const char *const bad[] = {
        "\"C\"", "{\"totals\":3}", "[\"A\",\"ab\"]", "{\"A\":{\"x y\":1}}"};
    struct sdc_limits l = sdc_limits_default();

    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        cr_expect(met("output_texts", good[i], NULL, l), "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_not(met("output_texts", bad[i], NULL, l), "%s", bad[i]);
    cr_expect(met("output_texts", "{\"total\":{\"icd\":3}}", "{\"total\":null}", l),
        "the keys of an answer are checked with it");
}

Test(outcheck, size_is_of_the_whole_output)
{
    struct sdc_limits l = sdc_limits_default();

    l.values_max = 4; /* a table is one, too */
    cr_expect(met("output_size", "[1,2,3]", NULL, l));
    cr_expect_not(met("output_size", "[1,2,[3]]", NULL, l));
    cr_expect_not(met("output_size", "[1,2,3,4]", "[]", l));
    l.values_max = 0;
    cr_expect(met("output_size", "[1,2,3,4]", NULL, l));
}

/* A digit carries ten thirds of a bit; beside the digits, the place of the point does. */
Test(outcheck, entropy_is_of_what_is_no_answer)
{
    struct sdc_limits l = sdc_limits_default();

    l.bits_max = 14; /* three digits, a sign and the point */
    cr_expect(met("output_entropy", "123", NULL, l));
    cr_expect(met("output_entropy", "-1.23e-3", NULL, l));
    cr_expect(met("output_entropy", "123000", NULL, l));
    cr_expect_not(met("output_entropy", "1234", NULL, l));
    cr_expect_not(met("output_entropy", "1.23e100", NULL, l));
    cr_expect_not(met("output_entropy", "[12,34]", NULL, l));
    cr_expect_not(met("output_entropy", "0.12345", NULL, l));
    cr_expect(met("output_entropy", "1234567", "null", l));
    cr_expect_not(met("output_entropy", "\"zz\"", NULL, l));
    cr_expect(met("output_entropy", "\"A\"", NULL, l));
    l.bits_max = 0;
    cr_expect(met("output_entropy", "1234567", NULL, l));
}

/* Letters of an alphabet of literals, and tables in tables, spell what numbers may not. */
Test(outcheck, entropy_is_of_allowed_texts_and_of_tables_too)
{
    struct sdc_limits l = sdc_limits_default();

    l.bits_max = 20;
    cr_expect(met("output_entropy", "[\"A\",\"B\",\"A\"]", NULL, l));
    cr_expect_not(met("output_entropy", "[\"A\",\"B\",\"A\",\"A\",\"B\"]", NULL, l));
    cr_expect_not(met("output_entropy", "{\"A\":1,\"B\":1,\"ward\":1}", NULL, l));
    cr_expect(met("output_entropy", "[[],[[]],[],[[],[]]]", NULL, l));
    cr_expect_not(met("output_entropy", "[[],[[]],[],[[],[]],[[],[]]]", NULL, l));
    l.values_max = 8;
    cr_expect(met("output_size", "[[],[[]],[],[[],[]]]", NULL, l));
    cr_expect_not(met("output_size", "[[],[[]],[],[[],[[]]]]", NULL, l));
}

Test(outcheck, tables_are_not_deep)
{
    struct sdc_limits l = sdc_limits_default();

    cr_expect(met("output_types", "[[[[[[[[1]]]]]]]]", NULL, l));
    cr_expect_not(met("output_types", "[[[[[[[[[1]]]]]]]]]", NULL, l));
}

/* Rows that are written into one number, or as many numbers, or as text. */
Test(outcheck, rows_do_not_fit_by_default)
{
    struct sdc_limits l = sdc_limits_default();
    char *rows = malloc(200000);
    size_t at = 0;

    rows[at++] = '[';
    for (int i = 0; i < 1000; i++)
        at += (size_t)sprintf(rows + at, "%s%d", i > 0 ? "," : "", 100001 + 7 * i);
    strcpy(rows + at, "]");
    cr_expect_not(met("output_entropy", rows, NULL, l));
    free(rows);
}
