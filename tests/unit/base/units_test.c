/* units_test.c -- budgets as text: never a smaller price than was said. */
#include "datasite/base/check.h"
#include "datasite/base/units.h"

#include <criterion/criterion.h>

Test(units, nano_rounds_up)
{
    static const struct {
        const char *text;
        int64_t want;
    } rows[] = {
        {"0.5", 500000000},
        {"1", NANO},
        {"0", 0},
        {"0.000000001", 1},
        {"0.0000000001", 1},
        {"0.0000000010", 1},
        {"0.0000000011", 2},
        {"0.000000000000000000000000001", 1},
        {"9223372036.854775807", INT64_MAX},
        {"0.9999999999", NANO},
    };

    for (size_t i = 0; i < ARRAY_N(rows); i++) {
        int64_t v = -7;
        cr_expect(nano_parse(str_of(rows[i].text), &v), "%s", rows[i].text);
        cr_expect_eq(v, rows[i].want, "%s", rows[i].text);
    }
}

Test(units, what_is_no_price_is_refused)
{
    static const char *const rows[] = {"", "-1", "-0.0000000001", "1e-3", ".5", "5.",
        "0.0000000001x", "1.0.0", "0.123456789.", "0.1234567890.5", "inf", " 1",
        "9223372036.8547758071", "9223372036.854775808", "0.12345678-"};
    int64_t v;

    for (size_t i = 0; i < ARRAY_N(rows); i++)
        cr_expect(!nano_parse(str_of(rows[i]), &v), "%s", rows[i]);
    cr_expect(!atto_parse(STR("10"), &v));
}

Test(units, atto)
{
    char out[32];
    int64_t v = 0;

    cr_expect(atto_parse(STR("0.000001"), &v));
    cr_expect_eq(v, INT64_C(1000000000000));
    cr_expect_str_eq(atto_text(v, out), "0.000001");
    cr_expect(atto_parse(STR("0.0000000000000000011"), &v));
    cr_expect_eq(v, 2);
}

/* Ten times 0.1 is one: the ledger adds integers. */
Test(units, ten_tenths_are_one)
{
    int64_t tenth = 0, sum = 0;
    char out[32];

    cr_assert(nano_parse(STR("0.1"), &tenth));
    for (int i = 0; i < 10; i++)
        sum += tenth;
    cr_expect_str_eq(nano_text(sum, out), "1");
}

Test(units, sizes_and_spans_are_said_as_people_say_them)
{
    static const struct {
        int64_t n;
        const char *size, *span;
    } said[] = {{0, "0 bytes", "0 milliseconds"}, {1, "1 byte", "1 millisecond"},
        {1000, "1000 bytes", "1 second"}, {1024, "1 KiB", "1024 milliseconds"},
        {32 * 1024, "32 KiB", "32768 milliseconds"},
        {1536, "1536 bytes", "1536 milliseconds"},
        {INT64_C(1) << 20, "1 MiB", "1048576 milliseconds"},
        {INT64_C(3) << 30, "3 GiB", "3221225472 milliseconds"},
        {60000, "60000 bytes", "1 minute"}, {90000, "90000 bytes", "90 seconds"},
        {120000, "120000 bytes", "2 minutes"}, {7200000, "7200000 bytes", "2 hours"},
        {86400000, "84375 KiB", "1 day"}};
    char out[32];

    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        cr_expect_str_eq(size_text(said[i].n, out), said[i].size);
        cr_expect_str_eq(span_text(said[i].n, out), said[i].span);
    }
}
