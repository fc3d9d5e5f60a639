/* str_test.c -- slices, exact decimals, UTF-8, bounded builders. */
#include "datasite/base/check.h"
#include "datasite/base/str.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>

Test(str, slices_compare)
{
    cr_expect(str_eq(STR("ab"), (struct str){"abc", 2}));
    cr_expect(!str_eq(STR("ab"), STR("abc")));
    cr_expect(str_eq(str_of(NULL), STR("")));
    cr_expect(str_starts(STR("abc"), STR("ab")));
    cr_expect(str_starts(STR("abc"), STR("")));
    cr_expect(!str_starts(STR("a"), STR("ab")));
}

Test(str, decimals_are_exact)
{
    static const struct {
        const char *text;
        int decimals;
        int64_t want;
    } rows[] = {
        {"0", 0, 0},
        {"1.5", 2, 150},
        {"-1.5", 2, -150},
        {"-0.01", 2, -1},
        {"007", 0, 7},
        {"-0", 3, 0},
        {"0.1", 18, INT64_C(100000000000000000)},
        {"9223372036854775807", 0, INT64_MAX},
        {"-9223372036854775808", 0, INT64_MIN},
        {"9.223372036854775807", 18, INT64_MAX},
    };

    for (size_t i = 0; i < ARRAY_N(rows); i++) {
        int64_t v = 0;
        cr_expect(
            str_fixed(str_of(rows[i].text), rows[i].decimals, &v), "%s", rows[i].text);
        cr_expect_eq(v, rows[i].want, "%s: %" PRId64, rows[i].text, v);
    }
}

Test(str, what_is_no_decimal_is_refused)
{
    static const struct {
        const char *text;
        int decimals;
    } rows[] = {
        {"", 0},
        {"-", 0},
        {".", 2},
        {".5", 2},
        {"5.", 2},
        {"1.234", 2},
        {"1.50", 1},
        {"1.5", 0},
        {"1e3", 0},
        {"+1", 0},
        {" 1", 0},
        {"1 ", 0},
        {"1..2", 3},
        {"1.2.3", 3},
        {"--1", 0},
        {"-.5", 1},
        {"0x10", 0},
        {"1,5", 1},
        {"nan", 0},
        {"9223372036854775808", 0},
        {"-9223372036854775809", 0},
        {"9.223372036854775808", 18},
        {"10", 18},
        {"99999999999999999999", 0},
    };

    for (size_t i = 0; i < ARRAY_N(rows); i++) {
        int64_t v = 42;
        cr_expect(
            !str_fixed(str_of(rows[i].text), rows[i].decimals, &v), "%s", rows[i].text);
        cr_expect_eq(v, 42);
    }
}

Test(str, a_nul_inside_is_no_digit)
{
    int64_t v;

    cr_expect(!str_fixed((struct str){"1\0002", 3}, 0, &v));
}

Test(str, fixed_text_is_shortest)
{
    static const struct {
        int64_t v;
        int decimals;
        const char *want;
    } rows[] = {
        {0, 0, "0"},
        {0, 9, "0"},
        {150, 2, "1.5"},
        {100, 2, "1"},
        {-5, 2, "-0.05"},
        {1, 18, "0.000000000000000001"},
        {INT64_MAX, 0, "9223372036854775807"},
        {INT64_MIN, 0, "-9223372036854775808"},
        {INT64_MIN, 18, "-9.223372036854775808"},
        {1000, 0, "1000"},
    };
    char out[32];

    for (size_t i = 0; i < ARRAY_N(rows); i++)
        cr_expect_str_eq(fixed_text(rows[i].v, rows[i].decimals, out), rows[i].want);
}

Test(str, text_and_number_are_inverse)
{
    uint64_t x = 88172645463325252u;
    char out[32];

    for (int i = 0; i < 20000; i++) {
        int64_t v, back = 0;
        int decimals = i % 19;
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        v = (int64_t)(x >> (i % 64));
        fixed_text(v, decimals, out);
        cr_assert(str_fixed(str_of(out), decimals, &back), "%s", out);
        cr_assert_eq(back, v, "%s", out);
    }
}

Test(str, utf8)
{
    static const char *const good[] = {"", "a", "\xc3\xa9", "\xe2\x82\xac",
        "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf", "\xee\x80\x80"};
    static const char *const bad[] = {"\x80", "\xc3", "\xc0\xaf", "\xc1\xbf",
        "\xe0\x9f\xbf", "\xed\xa0\x80", "\xe2\x82", "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "a\xe2(\xa1", "\xf0\x9f\x98"};

    for (size_t i = 0; i < ARRAY_N(good); i++)
        cr_expect(str_utf8_ok(str_of(good[i])), "good %zu", i);
    for (size_t i = 0; i < ARRAY_N(bad); i++) {
        char text[8];
        cr_expect(!str_utf8_ok(str_of(bad[i])), "bad %zu", i);
        strcpy(text, bad[i]);
        str_utf8_mend(text, strlen(text));
        cr_expect(str_utf8_ok(str_of(text)), "mended %zu", i);
        cr_expect_eq(strlen(text), strlen(bad[i]));
    }
}

Test(buf, grows_to_its_ceiling_and_no_further)
{
    BUF_SCOPE(b);

    buf_init(&b, 1000);
    for (int i = 0; i < 250; i++)
        buf_addf(&b, "%04d", i);
    cr_expect(!b.full);
    cr_expect_eq(b.len, 1000);
    cr_expect_eq(strlen(b.ptr), 1000);
    buf_add(&b, "", 0);
    cr_expect(!b.full);
    buf_addz(&b, "x");
    cr_expect(b.full);
    cr_expect_eq(b.len, 1000);
    cr_expect_eq(memcmp(b.ptr + 996, "0249", 5), 0);
}

Test(buf, what_does_not_fit_is_not_written_in_part)
{
    BUF_SCOPE(b);

    buf_init(&b, 4);
    buf_addz(&b, "ab");
    buf_addf(&b, "%s", "cde");
    cr_expect(b.full);
    cr_expect(str_eq(buf_str(&b), STR("ab")));
    buf_addz(&b, "c");
    cr_expect(str_eq(buf_str(&b), STR("ab")), "full stays full");
}

Test(buf, an_empty_one_has_a_text)
{
    BUF_SCOPE(b);

    buf_init(&b, 4);
    cr_expect(str_eq(buf_str(&b), STR("")));
    cr_expect_not_null(buf_str(&b).ptr);
}
