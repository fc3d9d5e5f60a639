/* enc_test.c -- encodings both ways, and what is not one. */
#include "datasite/base/check.h"
#include "datasite/base/enc.h"
#include "datasite/base/ids.h"

#include <criterion/criterion.h>
#include <string.h>

Test(enc, hex)
{
    unsigned char back[3];
    char out[7];

    cr_expect_str_eq(hex_text("\x00\xab\xff", 3, out), "00abff");
    cr_expect(hex_parse(STR("00abff"), back, 3));
    cr_expect_eq(memcmp(back, "\x00\xab\xff", 3), 0);
    cr_expect(!hex_parse(STR("00abf"), back, 3));
    cr_expect(!hex_parse(STR("00abff00"), back, 3));
    cr_expect(!hex_parse(STR("00ABFF"), back, 3), "one text for one value");
    cr_expect(!hex_parse(STR("00abfg"), back, 3));
    cr_expect(!hex_parse(STR("00 bff"), back, 3));
}

Test(enc, base64url)
{
    unsigned char back[64];
    char out[96];
    size_t n = 0;

    cr_expect_str_eq(base64url_text("\xfb\xff\xfe", 3, out), "-__-");
    cr_expect_str_eq(base64url_text("", 0, out), "");
    for (size_t len = 0; len <= sizeof back; len++) {
        unsigned char bytes[64];
        for (size_t i = 0; i < len; i++)
            bytes[i] = (unsigned char)(i * 37 + len);
        base64url_text(bytes, len, out);
        cr_assert_eq(strlen(out), (4 * len + 2) / 3);
        cr_assert(base64url_parse(str_of(out), back, sizeof back, &n));
        cr_assert_eq(n, len);
        cr_assert_eq(memcmp(back, bytes, len), 0);
    }
}

Test(enc, what_is_no_base64url_is_refused)
{
    static const char *const rows[] = {
        "a", "+/+/", "AA==", "AAA=", "AB", "A A A A", "AAAA\n", "AAAAA"};
    unsigned char back[8];
    size_t n;

    for (size_t i = 0; i < ARRAY_N(rows); i++)
        cr_expect(
            !base64url_parse(str_of(rows[i]), back, sizeof back, &n), "%s", rows[i]);
    cr_expect(
        !base64url_parse(STR("AAAAAAAAAAAA"), back, 8, &n), "nine bytes in eight");
}

Test(enc, crockford_sorts_as_the_bytes_do)
{
    uint8_t low[16] = {0}, high[16];
    char a[27], b[27];

    memset(high, 0xff, sizeof high);
    cr_expect_str_eq(crockford_text(low, a), "00000000000000000000000000");
    cr_expect_str_eq(crockford_text(high, b), "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
    for (int bit = 127; bit >= 0; bit--) {
        uint8_t one[16] = {0};
        one[bit / 8] = (uint8_t)(0x80 >> (bit % 8));
        crockford_text(one, b);
        cr_assert(strcmp(a, b) < 0, "bit %d: %s", bit, b);
        memcpy(a, b, sizeof a);
    }
}

Test(ids, are_well_formed_and_sort_by_time)
{
    char before[ID_BYTES] = "", id[ID_BYTES];

    for (int i = 0; i < 50; i++) {
        id_new("job", id);
        cr_assert_eq(strlen(id), 4 + 26);
        cr_assert(strncmp(id, "job_", 4) == 0 && id[4] <= '7', "%s", id);
        cr_assert_eq(strspn(id + 4, CROCKFORD_ALPHABET), 26, "%s", id);
        cr_assert(strncmp(before, id, 14) <= 0);
        cr_assert_str_neq(before, id);
        memcpy(before, id, sizeof before);
    }
}
