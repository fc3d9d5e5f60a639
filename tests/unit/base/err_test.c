/* err_test.c -- the first failure stays, and what is shown is always text. */
#include "datasite/base/check.h"
#include "datasite/base/err.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

Test(err, every_code_has_a_status_and_a_slug)
{
#define ERR(name, http, slug, title)              \
    cr_expect_eq(err_http(ERR_##name), http);     \
    cr_expect_str_eq(err_slug(ERR_##name), slug); \
    cr_expect_str_eq(err_title(ERR_##name), title);
#include "datasite/base/err.def"
#undef ERR
}

Test(err, the_first_failure_stays)
{
    struct diag d = {0};

    cr_expect_eq(FAIL(&d, ERR_STALE, "first %d", 1), ERR_STALE);
    cr_expect_eq(FAIL_FIELD(&d, ERR_INVALID, "/b", "second"), ERR_INVALID);
    cr_expect_eq(FAIL(&d, ERR_DB, "third"), ERR_DB);
    cr_expect_eq(d.code, ERR_STALE);
    cr_expect_str_eq(d.text, "first 1");
    cr_expect_str_eq(d.field, "");
    diag_clear(&d);
    cr_expect_eq(FAIL_FIELD(&d, ERR_INVALID, "/b", "second"), ERR_INVALID);
    cr_expect_eq(d.code, ERR_INVALID);
    cr_expect_str_eq(d.field, "/b");
    cr_expect(d.line > 0);
    cr_expect(strstr(d.file, "err_test.c") != NULL);
}

Test(err, nobody_need_listen)
{
    cr_expect_eq(FAIL(NULL, ERR_DB, "unheard"), ERR_DB);
}

/* A text of 200 two-byte characters is cut in the middle of one. */
Test(err, a_cut_text_is_still_utf8)
{
    char text[401] = "";
    struct diag d = {0};

    for (int i = 0; i < 200; i++)
        memcpy(text + 2 * i, "\xc3\xa9", 2);
    cr_expect_eq(FAIL_FIELD(&d, ERR_INVALID, text, "%s\xff", text), ERR_INVALID);
    cr_expect_eq(strlen(d.text), sizeof d.text - 1);
    cr_expect_eq(d.text[sizeof d.text - 2], '?');
    cr_expect_eq(d.field[sizeof d.field - 2], '?');
}

Test(err, a_broken_invariant_aborts, .signal = SIGABRT)
{
    CHECK(1 + 1 == 3);
}
