/* keys_test.c -- the site's secrets: made once, kept to the owner, never mixed up. */
#include "datasite/base/enc.h"
#include "datasite/base/fdio.h"
#include "tests/unit/core/made_site.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(keys, .init = site_make, .fini = site_drop);

static const char *
key_path(const char *name)
{
    static char path[96];

    snprintf(path, sizeof path, "%s/keys/%s", site_folder, name);
    return path;
}

static enum err
reopen(struct keys **out)
{
    char dir[64];

    snprintf(dir, sizeof dir, "%s/keys", site_folder);
    return keys_open(&cx.diag, dir, out);
}

Test(keys, are_the_same_next_time)
{
    struct keys *again;
    struct str text = STR("hello");

    MUST(reopen(&again));
    cr_assert_arr_eq(keys_public(again), keys_public(site.keys), 32);
    cr_assert(digest_eq(keys_token_hash(again, "session", text),
        keys_token_hash(site.keys, "session", text)));
    keys_close(again);
}

Test(keys, are_readable_by_their_owner_alone)
{
    static const char *const names[] = {"site.key", "token.key"};
    struct keys *again;
    struct stat st;

    for (size_t i = 0; i < 2; i++) {
        cr_assert_eq(stat(key_path(names[i]), &st), 0);
        cr_assert_eq(st.st_mode & 0777, 0400);
        cr_assert_eq(st.st_size, 32);
    }
    cr_assert_eq(chmod(key_path("site.key"), 0440), 0);
    MUST_FAIL(ERR_IO, reopen(&again));
}

Test(keys, cut_short_are_refused_not_replaced)
{
    struct keys *again;
    struct stat st;

    cr_assert_eq(chmod(key_path("token.key"), 0600), 0);
    cr_assert_eq(truncate(key_path("token.key"), 31), 0);
    MUST_FAIL(ERR_IO, reopen(&again));
    cr_assert_eq(stat(key_path("token.key"), &st), 0);
    cr_assert_eq(st.st_size, 31);
}

Test(keys, public_half_is_a_file_for_others)
{
    uint8_t key[32];
    size_t n;
    BUF_SCOPE(text);

    buf_init(&text, 100);
    MUST(file_read(&cx.diag, key_path("site.pub"), &text));
    cr_assert_eq(text.len, 44);
    cr_assert(base64url_parse((struct str){text.ptr, 43}, key, sizeof key, &n));
    cr_assert_arr_eq(key, keys_public(site.keys), 32);
}

Test(keys, signature_holds_for_one_text_and_one_key)
{
    uint8_t sig[64], other[32];

    keys_sign(site.keys, STR("text"), sig);
    memcpy(other, keys_public(site.keys), 32);
    cr_assert(keys_verify(other, STR("text"), sig));
    cr_assert_not(keys_verify(other, STR("texu"), sig));
    other[0] ^= 1;
    cr_assert_not(keys_verify(other, STR("text"), sig));
    sig[63] ^= 1;
    cr_assert_not(keys_verify(keys_public(site.keys), STR("text"), sig));
}

Test(keys, hashes_of_different_purposes_differ)
{
    struct digest a = keys_token_hash(site.keys, "session", STR("x"));

    cr_assert_not(digest_eq(a, keys_token_hash(site.keys, "token", STR("x"))));
    cr_assert_not(digest_eq(a, keys_token_hash(site.keys, "session", STR("y"))));
    cr_assert_not(digest_eq(a, keys_token_hash(site.keys, "sessio", STR("nx"))));
}

Test(keys, seal_opens_in_its_place_and_whole)
{
    BUF_SCOPE(box);
    BUF_SCOPE(plain);

    buf_init(&box, 1000);
    buf_init(&plain, 1000);
    MUST(keys_seal(site.keys, &cx.diag, STR("row 1"), STR("secret"), &box));
    MUST(keys_unseal(site.keys, &cx.diag, STR("row 1"), buf_str(&box), &plain));
    cr_assert(str_eq(buf_str(&plain), STR("secret")));
    MUST_FAIL(
        ERR_DB, keys_unseal(site.keys, &cx.diag, STR("row 2"), buf_str(&box), &plain));
    for (size_t i = 0; i < box.len; i++) {
        box.ptr[i] ^= 1;
        MUST_FAIL(ERR_DB,
            keys_unseal(site.keys, &cx.diag, STR("row 1"), buf_str(&box), &plain));
        box.ptr[i] ^= 1;
    }
    MUST_FAIL(
        ERR_DB, keys_unseal(site.keys, &cx.diag, STR("row 1"), STR("short"), &plain));
}
