/* pattern_test.c -- which sources are a pattern with its holes filled within bounds. */
#include "policies/pattern.h"

#include "datasite/base/check.h"

#include <criterion/criterion.h>

static struct arena *arena;

static void
open_arena(void)
{
    arena = arena_new(1 << 20);
}

static void
close_arena(void)
{
    arena_free(arena);
}

TestSuite(pattern, .init = open_arena, .fini = close_arena);

static enum err
parse(const char *source, const char *params, struct pattern *out)
{
    struct diag d = {0};
    json_auto_t *doc = NULL;

    cr_assert_eq(json_parse(&d, str_of(params), &doc), ERR_OK, "%s", params);
    return pattern_parse(&d, arena, str_of(source), doc, out);
}

#define AGE  "{\"age\":{\"lower\":\"18\",\"upper\":\"90.5\"}}"
#define WARD "{\"ward\":{\"values\":[\"A\",\"A B\"]}}"

Test(pattern, numbers_within_bounds)
{
    static const struct {
        const char *source;
        bool is;
    } row[] = {
        {"where 'age > 18'", true},
        {"where 'age > 90.5'", true},
        {"where 'age > 40.25'", true},
        {"where 'age > 17.999'", false},
        {"where 'age > 90.51'", false},
        {"where 'age > '", false},
        {"where 'age > 20-1'", false},
        {"where 'age > 2.0.0'", false},
        {"where 'age > 0x20'", false},
        {"where 'age > 1e2'", false},
        {"where 'age > 20 or true'", false},
        {"where 'age > 20' ", false},
        {" where 'age > 20'", false},
        {"where 'age > ${age}'", false},
        {"", false},
    };
    struct pattern p;

    cr_assert_eq(parse("where 'age > ${age}'", AGE, &p), ERR_OK);
    for (size_t i = 0; i < ARRAY_N(row); i++) {
        cr_expect_eq(
            pattern_match(&p, str_of(row[i].source)), row[i].is, "%s", row[i].source);
    }
}

Test(pattern, words_from_a_list)
{
    struct pattern p;

    cr_assert_eq(parse("ward == '${ward}'", WARD, &p), ERR_OK);
    cr_expect(pattern_match(&p, STR("ward == 'A'")));
    cr_expect(pattern_match(&p, STR("ward == 'A B'")));
    cr_expect(!pattern_match(&p, STR("ward == 'B'")));
    cr_expect(!pattern_match(&p, STR("ward == ''")));
    cr_expect(!pattern_match(&p, STR("ward == 'A' or 'A'")));
    cr_expect(!pattern_match(&p, STR("ward == 'A\\''")));
}

Test(pattern, a_name_stands_for_one_value)
{
    struct pattern p;

    cr_assert_eq(parse("${age} and ${age}", AGE, &p), ERR_OK);
    cr_expect(pattern_match(&p, STR("20 and 20")));
    cr_expect(!pattern_match(&p, STR("20 and 21")));
    cr_expect(!pattern_match(&p, STR("20 and 20.0")));
}

Test(pattern, without_holes_it_is_its_text)
{
    struct pattern p;

    cr_assert_eq(parse("return 1", "{}", &p), ERR_OK);
    cr_expect(pattern_match(&p, STR("return 1")));
    cr_expect(!pattern_match(&p, STR("return 2")));
    cr_expect(!pattern_match(&p, STR("return 1 ")));
}

Test(pattern, what_is_refused)
{
    static const struct {
        const char *source, *params;
    } row[] = {
        {"${age}", "{}"},
        {"${age", AGE},
        {"${}", AGE},
        {"no hole", AGE},
        {"${age}${age}", AGE},
        {"${Age}", "{\"Age\":{\"lower\":\"1\",\"upper\":\"2\"}}"},
        {"${a}", "{\"a\":{}}"},
        {"${a}", "{\"a\":{\"lower\":\"1\"}}"},
        {"${a}", "{\"a\":{\"lower\":\"2\",\"upper\":\"1\"}}"},
        {"${a}", "{\"a\":{\"lower\":\"x\",\"upper\":\"1\"}}"},
        {"${a}", "{\"a\":{\"lower\":\"0\",\"upper\":\"1\",\"values\":[\"x\"]}}"},
        {"${a}", "{\"a\":{\"values\":[]}}"},
        {"${a}", "{\"a\":{\"values\":[\"x'\"]}}"},
        {"${a}", "{\"a\":{\"values\":[\"\"]}}"},
        {"${a}", "{\"a\":{\"values\":[1]}}"},
        {"${a}", "{\"a\":{\"values\":\"x\"}}"},
        {"${a}", "{\"a\":1}"},
    };

    for (size_t i = 0; i < ARRAY_N(row); i++) {
        struct pattern p;
        cr_expect_eq(parse(row[i].source, row[i].params, &p), ERR_INVALID, "%s %s",
            row[i].source, row[i].params);
    }
}
