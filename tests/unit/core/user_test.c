/* user_test.c -- accounts: what is stored, who sees whom, and what is refused. */
#include "datasite/core/audit.h"
#include "datasite/core/field.h"
#include "datasite/core/password.h"
#include "datasite/core/session.h"
#include "tests/unit/core/made_site.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(user, .init = site_make, .fini = site_drop);

static struct user_draft
draft(void)
{
    return (struct user_draft){.email = "Ada@Example.org ",
        .name = "Ada",
        .roles = ROLE_RESEARCHER,
        .password = STR(GOOD_PASSWORD)};
}

Test(user, is_found_by_id_and_by_email_in_any_case)
{
    struct user_draft ada = draft();
    struct user made, found;

    MUST(user_create(&cx, &ada, &made));
    cr_assert_str_eq(made.email, "ada@example.org");
    cr_assert(made.has_password);
    MUST(user_by_id(&cx, made.id, &found));
    cr_assert_str_eq(found.name, "Ada");
    MUST(user_by_email(&cx, "ADA@example.ORG", &found));
    cr_assert_str_eq(found.id, made.id);
}

Test(user, has_an_email_of_its_own)
{
    struct user_draft ada = draft();
    struct user made;

    MUST(user_create(&cx, &ada, &made));
    ada.email = "ada@EXAMPLE.org";
    cr_assert_eq(user_create(&cx, &ada, &made), ERR_CONFLICT);
    cr_assert_str_eq(cx.diag.field, "/email");
}

Test(user, drafts_that_do_not_hold_are_refused)
{
    static const struct {
        const char *email, *name, *password;
        unsigned roles;
        const char *field;
    } bad[] = {
        {"ada", "Ada", GOOD_PASSWORD, 1, "/email"},
        {"@example.org", "Ada", GOOD_PASSWORD, 1, "/email"},
        {"ada@", "Ada", GOOD_PASSWORD, 1, "/email"},
        {"a@b@c", "Ada", GOOD_PASSWORD, 1, "/email"},
        {"a b@c.org", "Ada", GOOD_PASSWORD, 1, "/email"},
        {"ada@example.org", "", GOOD_PASSWORD, 1, "/name"},
        {"ada@example.org", " ", GOOD_PASSWORD, 1, "/name"},
        {"ada@example.org", "A\nda", GOOD_PASSWORD, 1, "/name"},
        {"ada@example.org",
            "A\xE2\x80\xAE"
            "da",
            GOOD_PASSWORD, 1, "/name"},
        {"ada@example.org", "Ada", "short", 1, "/password"},
        {"ada@example.org", "Ada", "aaaaaaaaaaaaaaaa", 1, "/password"},
        {"ada@example.org", "Ada", "ADA@example.org", 1, "/password"},
        {"ada@example.org", "Ada", GOOD_PASSWORD, 0, "/roles"},
        {"ada@example.org", "Ada", GOOD_PASSWORD, 16, "/roles"},
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct user_draft d = {.email = bad[i].email,
            .name = bad[i].name,
            .roles = bad[i].roles,
            .password = str_of(bad[i].password)};
        struct user made;

        cr_assert_eq(user_create(&cx, &d, &made), ERR_UNPROCESSABLE, "row %zu", i);
        cr_assert_str_eq(cx.diag.field, bad[i].field, "row %zu", i);
        diag_clear(&cx.diag);
    }
}

Test(user, sees_itself_and_no_stranger)
{
    const char *ada = user_made("ada@example.org", ROLE_RESEARCHER);
    const char *bob = user_made("bob@example.org", ROLE_RESEARCHER);
    const char *olive = user_made("olive@example.org", ROLE_OWNER);
    const char *root = user_made("root@example.org", ROLE_ADMIN);
    struct user seen;

    act_as(ada, ROLE_RESEARCHER);
    MUST(user_visible(&cx, ada, &seen));
    MUST_FAIL(ERR_NOT_FOUND, user_visible(&cx, bob, &seen));
    act_as(olive, ROLE_OWNER);
    MUST(user_visible(&cx, ada, &seen));
    MUST_FAIL(ERR_NOT_FOUND, user_visible(&cx, root, &seen));
    act_as(ada, ROLE_RESEARCHER);
    MUST_FAIL(ERR_NOT_FOUND, user_visible(&cx, olive, &seen));
    act_as(bob, ROLE_ADMIN);
    MUST(user_visible(&cx, olive, &seen));
}

Test(user, list_goes_on_where_it_stopped)
{
    const char *ids[3] = {user_made("a@x.org", ROLE_RESEARCHER),
        user_made("b@x.org", ROLE_OWNER), user_made("c@x.org", ROLE_RESEARCHER)};
    struct user *list;
    size_t n;

    MUST(user_list(&cx, 0, NULL, 2, &list, &n));
    cr_assert_eq(n, 2);
    MUST(user_list(&cx, 0, list[1].id, 2, &list, &n));
    cr_assert_eq(n, 1);
    MUST(user_list(&cx, ROLE_RESEARCHER, "", 10, &list, &n));
    cr_assert_eq(n, 2);
    for (size_t i = 0; i < n; i++)
        cr_assert_str_neq(list[i].id, ids[1]);
}

Test(user, last_admin_stays)
{
    const char *ada = user_made("ada@example.org", ROLE_ADMIN | ROLE_OWNER);
    struct user_change suspend = {.suspended = 1};
    struct user_change demote = {.suspended = -1, .roles = ROLE_OWNER};
    struct user out;

    MUST_FAIL(ERR_CONFLICT, user_update(&cx, ada, &suspend, &out));
    MUST_FAIL(ERR_CONFLICT, user_update(&cx, ada, &demote, &out));
    user_made("bob@example.org", ROLE_ADMIN);
    MUST(user_update(&cx, ada, &demote, &out));
    cr_assert_eq(out.roles, ROLE_OWNER);
    cr_assert_eq(out.revision, 2);
}

Test(user, unknown_id_changes_nothing)
{
    struct user_change change = {.suspended = 1};
    struct user out;

    MUST_FAIL(ERR_NOT_FOUND,
        user_update(&cx, "usr_00000000000000000000000000", &change, &out));
}

Test(user, every_change_is_on_record)
{
    const char *ada = user_made("ada@example.org", ROLE_RESEARCHER);
    struct user_change change = {.name = "Ada L.", .suspended = 0};
    struct audit_filter of_ada = {.subject = ada};
    struct audit_entry *list;
    struct user out;
    size_t n;

    MUST(user_update(&cx, ada, &change, &out));
    MUST(audit_entries(&cx, &of_ada, 0, 10, &list, &n));
    cr_assert_eq(n, 2);
    cr_assert_str_eq(list[0].verb, "user.create");
    cr_assert_str_eq(list[1].verb, "user.update");
    cr_assert_null(strstr(list[1].facts, "Ada"), "names of people stay out of the log");
}

Test(user, roles_have_names)
{
    unsigned role;

    cr_assert(role_parse("auditor", &role));
    cr_assert_eq(role, ROLE_AUDITOR);
    cr_assert_not(role_parse("system", &role));
    cr_assert_not(role_parse("", &role));
    cr_assert_str_eq(
        roles_text(cx.arena, ROLE_RESEARCHER | ROLE_ADMIN), "researcher admin");
}

Test(user, password_is_verified_and_never_stored)
{
    char hash[PASSWORD_HASH_BYTES];
    bool ok;

    MUST(password_hash(&cx.diag, STR(GOOD_PASSWORD), hash));
    cr_assert_null(strstr(hash, "horse"));
    cr_assert_eq(strncmp(hash, "$argon2id$v=19$m=65536,t=3,", 27), 0);
    MUST(password_verify(&cx.diag, STR(GOOD_PASSWORD), hash, &ok));
    cr_assert(ok);
    MUST(password_verify(&cx.diag, STR("correct horse batterz"), hash, &ok));
    cr_assert_not(ok);
    MUST(password_verify(&cx.diag, STR(GOOD_PASSWORD), "", &ok));
    cr_assert_not(ok, "nobody has no password");
}

Test(user, field_limits_are_exact)
{
    struct diag d = {0};

    cr_assert_eq(field_line(&d, "/x", "abcd", 4), ERR_OK);
    cr_assert_eq(field_line(&d, "/x", "abcde", 4), ERR_UNPROCESSABLE);
    diag_clear(&d);
    cr_assert_eq(field_line(&d, "/x", "\xff", 4), ERR_UNPROCESSABLE);
    diag_clear(&d);
    cr_assert_eq(field_text(&d, "/x", "a\nb", 4), ERR_OK);
    cr_assert_eq(field_text(&d, "/x", "\n\n", 4), ERR_UNPROCESSABLE);
}
