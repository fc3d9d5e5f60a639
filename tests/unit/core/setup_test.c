/* setup_test.c -- the first account: one link, once, for half an hour. */
#include "datasite/core/setup.h"
#include "tests/unit/core/made_site.h"

#include <criterion/criterion.h>

TestSuite(setup, .init = site_make, .fini = site_drop);

static const struct user_draft first = {
    .email = "ada@example.org", .name = "Ada", .password = STR(GOOD_PASSWORD)};

Test(setup, link_makes_admin_and_owner_once)
{
    char token[SETUP_TOKEN_BYTES];
    struct user_draft second = first;
    struct user user;

    MUST(setup_token_new(&cx, token));
    cx.actor = (struct actor){0};
    MUST(setup_redeem(&cx, token, &first, &user));
    cr_assert_eq(user.roles, ROLE_ADMIN | ROLE_OWNER);
    second.email = "eve@example.org";
    MUST_FAIL(ERR_UNAUTHENTICATED, setup_redeem(&cx, token, &second, &user));
    MUST_FAIL(ERR_CONFLICT, setup_token_new(&cx, token));
}

Test(setup, draft_that_is_refused_leaves_the_link_good)
{
    char token[SETUP_TOKEN_BYTES];
    struct user_draft bad = first;
    struct user user;

    MUST(setup_token_new(&cx, token));
    bad.password = STR("short");
    MUST_FAIL(ERR_UNPROCESSABLE, setup_redeem(&cx, token, &bad, &user));
    MUST(setup_redeem(&cx, token, &first, &user));
}

Test(setup, link_ends_after_half_an_hour)
{
    char token[SETUP_TOKEN_BYTES];
    struct user user;

    MUST(setup_token_new(&cx, token));
    later(SETUP_TOKEN_MINUTES * 60);
    MUST_FAIL(ERR_UNAUTHENTICATED, setup_redeem(&cx, token, &first, &user));
}

Test(setup, newer_link_ends_the_older)
{
    char older[SETUP_TOKEN_BYTES], newer[SETUP_TOKEN_BYTES];
    struct user user;

    MUST(setup_token_new(&cx, older));
    MUST(setup_token_new(&cx, newer));
    MUST_FAIL(ERR_UNAUTHENTICATED, setup_redeem(&cx, older, &first, &user));
    MUST(setup_redeem(&cx, newer, &first, &user));
}

Test(setup, nothing_is_no_token)
{
    char token[SETUP_TOKEN_BYTES];
    struct user user;

    MUST_FAIL(ERR_UNAUTHENTICATED, setup_redeem(&cx, "", &first, &user));
    MUST(setup_token_new(&cx, token));
    MUST_FAIL(ERR_UNAUTHENTICATED, setup_redeem(&cx, "", &first, &user));
    token[5] ^= 1;
    MUST_FAIL(ERR_UNAUTHENTICATED, setup_redeem(&cx, token, &first, &user));
}

/* An account made on the command line meanwhile ends the link as well. */
Test(setup, link_is_worthless_beside_an_account)
{
    char token[SETUP_TOKEN_BYTES];
    struct user user;

    MUST(setup_token_new(&cx, token));
    user_made("bob@example.org", ROLE_ADMIN);
    MUST_FAIL(ERR_UNAUTHENTICATED, setup_redeem(&cx, token, &first, &user));
}
