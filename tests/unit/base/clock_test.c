/* clock_test.c -- RFC 3339 both ways, and the seam of tests. */
#include "datasite/base/check.h"
#include "datasite/base/clock.h"

#include <criterion/criterion.h>

Test(clock, text_and_time_are_inverse)
{
    static const struct {
        const char *text;
        int64_t us;
    } rows[] = {
        {"1970-01-01T00:00:00.000Z", 0},
        {"1969-12-31T23:59:59.999Z", -1000},
        {"2026-11-22T18:00:00.000Z", INT64_C(1795370400000000)},
        {"2024-02-29T12:34:56.789Z", INT64_C(1709210096789000)},
        {"9999-12-31T23:59:59.999Z", INT64_C(253402300799999000)},
    };
    char out[32];

    for (size_t i = 0; i < ARRAY_N(rows); i++) {
        struct unixus t = {7};
        cr_expect(clock_parse(str_of(rows[i].text), &t), "%s", rows[i].text);
        cr_expect_eq(t.us, rows[i].us, "%s", rows[i].text);
        cr_expect_str_eq(clock_text((struct unixus){rows[i].us}, out), rows[i].text);
    }
}

Test(clock, fractions)
{
    struct unixus t = {0};

    cr_expect(clock_parse(STR("1970-01-01T00:00:01Z"), &t));
    cr_expect_eq(t.us, 1000000);
    cr_expect(clock_parse(STR("1970-01-01T00:00:01.5Z"), &t));
    cr_expect_eq(t.us, 1500000);
    cr_expect(clock_parse(STR("1970-01-01T00:00:01.123456789Z"), &t));
    cr_expect_eq(t.us, 1123456);
}

Test(clock, what_is_no_time_is_refused)
{
    static const char *const rows[] = {"", "2026-11-22", "2026-11-22T18:00:00",
        "2026-11-22 18:00:00Z", "2026-02-29T00:00:00Z", "2026-02-31T00:00:00Z",
        "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z",
        "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:60Z",
        "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00.1234567890Z",
        "2026-01-01T00:00:00+01:00", "2026-01-01T00:00:00.5", "2O26-01-01T00:00:00Z",
        "2026-01-01T00:00:00Zx", "2026-01-01T00:00:00.x5Z"};
    struct unixus t;

    for (size_t i = 0; i < ARRAY_N(rows); i++)
        cr_expect(!clock_parse(str_of(rows[i]), &t), "%s", rows[i]);
}

Test(clock, shifts_both_clocks)
{
    struct unixus wall = clock_wall();
    struct monous mono = clock_mono();

    clock_shift(INT64_C(3600000000));
    cr_expect(clock_wall().us >= wall.us + INT64_C(3600000000));
    cr_expect(clock_mono().us >= mono.us + INT64_C(3600000000));
}
