/* digest_test.c -- published vectors. */
#include "datasite/base/digest.h"
#include "datasite/base/enc.h"

#include <criterion/criterion.h>

Test(digest, published_vectors)
{
    char out[65];

    cr_expect_str_eq(digest_text(digest_sha256(STR("abc")), out),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    cr_expect_str_eq(digest_text(digest_sha256((struct str){NULL, 0}), out),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    cr_expect_str_eq(digest_text(digest_bytes(STR("abc")), out),
        "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
}

Test(digest, a_stream_gives_the_same)
{
    struct sha256 h;

    sha256_init(&h);
    sha256_add(&h, "a", 1);
    sha256_add(&h, "", 0);
    sha256_add(&h, "bc", 2);
    cr_expect(digest_eq(sha256_end(&h), digest_sha256(STR("abc"))));
}

Test(digest, a_key_makes_another)
{
    const uint8_t zero[32] = {0}, one[32] = {1};

    cr_expect(!digest_eq(digest_keyed(zero, STR("a")), digest_bytes(STR("a"))));
    cr_expect(!digest_eq(digest_keyed(zero, STR("a")), digest_keyed(one, STR("a"))));
    cr_expect(digest_eq(digest_keyed(one, STR("a")), digest_keyed(one, STR("a"))));
}

Test(digest, text_both_ways)
{
    struct digest g = digest_bytes(STR("x")), back = {0};
    char out[65];

    cr_expect(digest_parse(str_of(digest_text(g, out)), &back));
    cr_expect(digest_eq(g, back));
    out[10] = 'X';
    cr_expect(!digest_parse(str_of(out), &back));
    cr_expect(!digest_parse(STR("ab"), &back));
}
