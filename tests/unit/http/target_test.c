/* target_test.c -- addresses are decoded once, and what has two readings is refused. */
#include "datasite/http/target.h"

#include "datasite/base/check.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

Test(target, paths)
{
    static const char *const cases[][2] = {{"/", "/"}, {"/a/b", "/a/b"},
        {"/%41%62", "/Ab"}, {"/a%20b", "/a b"}, {"/%c3%a9", "/\xc3\xa9"},
        {"/a+b", "/a+b"}, {"/a//b", "/a//b"}, {"/...", "/..."}, {"/.a", "/.a"},
        {"/a?b", "/a"}, {"/%25", "/%"}, {"/%3f", "/?"}};

    for (size_t i = 0; i < ARRAY_N(cases); i++) {
        struct diag d = {0};
        struct target t;
        ARENA_SCOPE(a, 1 << 16);

        cr_assert_eq(target_parse(&d, a, str_of(cases[i][0]), &t), ERR_OK, "%s: %s",
            cases[i][0], d.text);
        cr_assert_str_eq(t.path, cases[i][1]);
    }
}

Test(target, refusals)
{
    static const char *const cases[] = {"", "*", "a", "http://a/", "/%", "/%4", "/%zz",
        "/%4g", "/%00", "/a%2fb", "/a%2Fb", "/a%5cb", "/a\\b", "/%0a", "/%7f", "/%ff",
        "/%c0%af", "/%ed%a0%80", "/.", "/..", "/a/..", "/a/./b", "/%2e%2e", "/.%2E/a",
        "/a#b", "/a?b#c", "/a?%00", "/a?b=%zz", "/a?b=%ff", "/a?b=1&b=2", "/a?b&b"};

    for (size_t i = 0; i < ARRAY_N(cases); i++) {
        struct diag d = {0};
        struct target t;
        ARENA_SCOPE(a, 1 << 16);

        cr_assert_eq(
            target_parse(&d, a, str_of(cases[i]), &t), ERR_INVALID, "%s", cases[i]);
    }
}

Test(target, queries)
{
    const char *text = "/a?b=1&c=x+y%20z&d&&e=%26=";
    static const char *const want[][2] = {
        {"b", "1"}, {"c", "x y z"}, {"d", ""}, {"e", "&="}};
    struct diag d = {0};
    struct target t;
    ARENA_SCOPE(a, 1 << 16);

    cr_assert_eq(target_parse(&d, a, str_of(text), &t), ERR_OK, "%s", d.text);
    cr_assert_eq(t.query_n, ARRAY_N(want));
    for (size_t i = 0; i < ARRAY_N(want); i++) {
        cr_assert_str_eq(t.query[i].name, want[i][0]);
        cr_assert_str_eq(t.query[i].value, want[i][1]);
        cr_assert(!t.query[i].was_read);
    }
}

Test(target, the_number_of_parameters_is_bounded)
{
    char text[8 * (QUERY_PAIRS_MAX + 2)] = "/a?";

    for (int i = 0; i <= QUERY_PAIRS_MAX; i++) {
        struct diag d = {0};
        struct target t;
        enum err want = i < QUERY_PAIRS_MAX ? ERR_OK : ERR_INVALID;
        ARENA_SCOPE(a, 1 << 16);

        snprintf(text + strlen(text), 8, "&p%d", i);
        cr_assert_eq(target_parse(&d, a, str_of(text), &t), want, "%d", i);
    }
}
