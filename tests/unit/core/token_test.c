/* token_test.c -- bearer tokens: whose, for what, until when. */
#include "datasite/core/session.h"
#include "datasite/core/token.h"
#include "tests/unit/core/made_site.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *ada;

static void
with_ada(void)
{
    site_make();
    ada = user_made("ada@example.org", ROLE_RESEARCHER);
    act_as(ada, ROLE_RESEARCHER);
}

TestSuite(token, .init = with_ada, .fini = site_drop);

static uint64_t
scopes_of(const char *name)
{
    uint64_t bits = 0;

    cr_assert(scope_parse(name, &bits), "%s", name);
    return bits;
}

Test(token, leads_back_to_the_person)
{
    char text[TOKEN_TEXT_BYTES], command[256];
    struct token token;
    struct actor who;
    uint64_t scopes;

    MUST(token_create(&cx, "cron", scopes_of("jobs:write"), 30, &token, text));
    cr_assert_eq(strncmp(text, "dsk_", 4), 0);
    cr_assert_eq(strlen(text), 47);
    MUST(token_by_bearer(&cx, text, &who, &scopes));
    cr_assert_str_eq(who.id, ada);
    cr_assert(who.by_token);
    cr_assert_str_eq(who.session, token.id);
    cr_assert_eq(scopes, scopes_of("jobs:write"));
    snprintf(command, sizeof command, "grep -rqa -e '%s' %s", text + 4, site_folder);
    cr_assert_neq(system(command), 0, "the token stands in the database");
}

Test(token, ends_on_its_day_by_revocation_and_with_the_account)
{
    char text[TOKEN_TEXT_BYTES];
    struct token token;
    struct actor who;
    struct user out;
    uint64_t scopes;

    MUST(token_create(&cx, "one day", SCOPES_ALL, 1, &token, text));
    later(24 * 3600 - 1);
    MUST(token_by_bearer(&cx, text, &who, &scopes));
    later(1);
    MUST_FAIL(ERR_UNAUTHENTICATED, token_by_bearer(&cx, text, &who, &scopes));
    MUST(token_create(&cx, "revoked", SCOPES_ALL, 1, &token, text));
    MUST(token_revoke(&cx, token.id));
    MUST_FAIL(ERR_UNAUTHENTICATED, token_by_bearer(&cx, text, &who, &scopes));
    MUST(token_create(&cx, "suspended", SCOPES_ALL, 1, &token, text));
    MUST(user_update(&cx, ada, &(struct user_change){.suspended = 1}, &out));
    MUST_FAIL(ERR_UNAUTHENTICATED, token_by_bearer(&cx, text, &who, &scopes));
}

Test(token, belongs_to_one_person)
{
    const char *bob = user_made("bob@example.org", ROLE_RESEARCHER);
    char text[TOKEN_TEXT_BYTES];
    struct token token, *list;
    size_t n;

    MUST(token_create(&cx, "ada's", SCOPES_ALL, 1, &token, text));
    act_as(bob, ROLE_RESEARCHER);
    MUST(token_list(&cx, NULL, 10, &list, &n));
    cr_assert_eq(n, 0);
    MUST_FAIL(ERR_NOT_FOUND, token_revoke(&cx, token.id));
    act_as(ada, ROLE_RESEARCHER);
    MUST(token_list(&cx, NULL, 10, &list, &n));
    cr_assert_eq(n, 1);
    cr_assert_null(list[0].last_used_at);
}

Test(token, texts_that_are_none_of_ours)
{
    static const char *const bad[] = {"", "dsk_", "dsk_x", "Bearer",
        "dsk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};
    struct actor who;
    uint64_t scopes;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        MUST_FAIL(ERR_UNAUTHENTICATED, token_by_bearer(&cx, bad[i], &who, &scopes));
}

Test(token, session_cookie_is_no_token_and_back)
{
    char text[TOKEN_TEXT_BYTES], csrf[SESSION_SECRET_BYTES];
    struct session_new session;
    struct token token;
    struct actor who;
    struct user user;
    uint64_t scopes;

    MUST(user_by_id(&cx, ada, &user));
    MUST(session_open(&cx, &user, &session));
    MUST(token_create(&cx, "t", SCOPES_ALL, 1, &token, text));
    MUST_FAIL(ERR_UNAUTHENTICATED, token_by_bearer(&cx, session.cookie, &who, &scopes));
    MUST_FAIL(ERR_UNAUTHENTICATED, session_by_cookie(&cx, text, &who, csrf));
}

Test(token, days_and_numbers_have_limits)
{
    char text[TOKEN_TEXT_BYTES];
    struct token token;

    MUST_FAIL(ERR_UNPROCESSABLE, token_create(&cx, "t", 1, 0, &token, text));
    MUST_FAIL(
        ERR_UNPROCESSABLE, token_create(&cx, "t", 1, TOKEN_DAYS_MAX + 1, &token, text));
    MUST_FAIL(ERR_UNPROCESSABLE, token_create(&cx, "", 1, 1, &token, text));
    for (int i = 0; i < 100; i++)
        MUST(token_create(&cx, "t", 1, 1, &token, text));
    MUST_FAIL(ERR_CONFLICT, token_create(&cx, "t", 1, 1, &token, text));
    later(24 * 3600 + 1);
    MUST(token_create(&cx, "t", 1, 1, &token, text)); /* the old ones are gone */
}

Test(token, scopes_cover_what_they_name)
{
    static const struct {
        const char *scope, *path;
        bool reads, writes;
    } table[] = {
        {"*", "/api/v1/users", true, true},
        {"read", "/api/v1/jobs/{id}/result", true, false},
        {"write", "/api/v1/datasets/{name}/budget", true, true},
        {"jobs:read", "/api/v1/jobs", true, false},
        {"jobs:read", "/api/v1/jobs/{id}/versions", true, false},
        {"jobs:write", "/api/v1/mock_runs", true, true},
        {"jobs:write", "/api/v1/jobs/{id}/reviews", false, false},
        {"jobs:write", "/api/v1/jobs/{id}/result", false, false},
        {"reviews:write", "/api/v1/jobs/{id}/reviews", true, true},
        {"results:read", "/api/v1/jobs/{id}/receipt", true, false},
        {"datasets:write", "/api/v1/datasets/{name}/data", true, true},
        {"datasets:write", "/api/v1/datasets/{name}/budget/allocations/{project_id}",
            false, false},
        {"budgets:read", "/api/v1/datasets/{name}/ledger", true, false},
        {"audit:read", "/api/v1/audit/export", true, false},
        {"audit:read", "/api/v1/auditors", false, false},
        {"jobs:read", "/api/v1/session", true, true},
        {"jobs:read", "/healthz", true, true},
        {"*", "/api/v1/anything/new", true, true},
        {"read", "/api/v1/anything/new", false, false},
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        uint64_t bits = scopes_of(table[i].scope);

        cr_assert_eq(
            scopes_allow(bits, table[i].path, false), table[i].reads, "row %zu", i);
        cr_assert_eq(
            scopes_allow(bits, table[i].path, true), table[i].writes, "row %zu", i);
    }
}

Test(token, scopes_are_read_as_they_are_written)
{
    static const struct {
        const char *names[3], *text;
    } table[] = {
        {{"*"}, "[\"*\"]"},
        {{"jobs:read"}, "[\"jobs:read\"]"},
        {{"jobs:write", "jobs:read"}, "[\"jobs:write\"]"},
        {{"read", "budgets:write"}, "[\"read\",\"budgets:write\"]"},
    };
    uint64_t bits = 0;

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        json_auto_t *list = NULL;
        char *text;

        bits = 0;
        for (size_t k = 0; k < 3 && table[i].names[k] != NULL; k++)
            cr_assert(scope_parse(table[i].names[k], &bits));
        list = scopes_json(bits);
        text = json_dumps(list, JSON_COMPACT);
        cr_assert_str_eq(text, table[i].text);
        free(text);
    }
    cr_assert_not(scope_parse("jobs", &bits));
    cr_assert_not(scope_parse("jobs:", &bits));
    cr_assert_not(scope_parse("jobs:delete", &bits));
    cr_assert_not(scope_parse(":read", &bits));
    cr_assert_not(scope_parse("everything:read", &bits));
    cr_assert_not(scope_parse("", &bits));
}
