/* project_test.c -- a purpose, datasets that are granted, and nobody else's business. */
#include "datasite/core/dataset.h"
#include "datasite/core/grant.h"
#include "datasite/core/project.h"
#include "tests/unit/core/made_site.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static const char *ada, *bob, *olive;
static char wards[ID_BYTES], secret[ID_BYTES];

static void
dataset_row(const char *name, char id[ID_BYTES])
{
    char sql[1024];

    snprintf(sql, sizeof sql,
        "INSERT INTO dataset (id, name, owner_id, title, description, schema_json, "
        "accounting, policy_name, policy_json, policy_version, published, created_us, "
        "changed_us) VALUES ('%s', '%s', '%s', 't', '', '{}', 'pure', 'p', '{}', 1, 1, "
        "1, 1)",
        id_new("dst", id), name, olive);
    edit_by_hand(sql);
}

static void
with_people(void)
{
    site_make();
    ada = user_made("ada@example.org", ROLE_RESEARCHER);
    bob = user_made("bob@example.org", ROLE_RESEARCHER);
    olive = user_made("olive@example.org", ROLE_OWNER);
    dataset_row("wards", wards);
    dataset_row("secret", secret);
    MUST(grant_put(&cx, wards, ada));
    act_as(ada, ROLE_RESEARCHER);
}

TestSuite(project, .init = with_people, .fini = site_drop);

static const char *const names[] = {"wards", "secret"};

static struct project_draft
draft(void)
{
    return (struct project_draft){.title = "Readmissions",
        .purpose = "Who comes back,\nand why?",
        .datasets = names,
        .datasets_n = 1,
        .datasets_given = true};
}

Test(project, is_seen_by_its_author_the_owner_and_admins)
{
    struct project_draft d = draft();
    struct project made, seen, *list;
    size_t n;

    MUST(project_create(&cx, &d, &made));
    cr_assert_eq(made.datasets_n, 1);
    cr_assert_str_eq(made.datasets[0], "wards");
    cr_assert_str_eq(made.owner_name, "ada@example.org");
    MUST(project_load(&cx, made.id, &seen));
    act_as(olive, ROLE_OWNER);
    MUST(project_load(&cx, made.id, &seen));
    act_as(bob, ROLE_ADMIN);
    MUST(project_load(&cx, made.id, &seen));
    act_as(bob, ROLE_RESEARCHER | ROLE_OWNER | ROLE_AUDITOR);
    MUST_FAIL(ERR_NOT_FOUND, project_load(&cx, made.id, &seen));
    MUST(project_list(&cx, NULL, 10, &list, &n));
    cr_assert_eq(n, 0);
}

Test(project, dataset_without_grant_is_as_one_that_is_not_there)
{
    static const char *const none[] = {"no-such"};
    char text[sizeof cx.diag.text];
    struct project_draft d = draft();
    struct project made;

    d.datasets_n = 2;
    cr_assert_eq(project_create(&cx, &d, &made), ERR_NOT_FOUND);
    cr_assert_str_eq(cx.diag.field, "/datasets/1");
    strcpy(text, cx.diag.text);
    diag_clear(&cx.diag);
    d.datasets = none;
    d.datasets_n = 1;
    cr_assert_eq(project_create(&cx, &d, &made), ERR_NOT_FOUND);
    cr_assert_str_eq(cx.diag.text, text);
}

Test(project, a_dataset_that_is_not_published_is_in_no_draft)
{
    struct project_draft d = draft();
    struct project made;

    edit_by_hand("UPDATE dataset SET published = 0 WHERE name = 'wards'");
    MUST_FAIL(ERR_NOT_FOUND, project_create(&cx, &d, &made));
}

Test(project, refused_draft_leaves_nothing)
{
    struct project_draft d = draft();
    struct project made, *list;
    size_t n;

    d.datasets_n = 2;
    MUST_FAIL(ERR_NOT_FOUND, project_create(&cx, &d, &made));
    MUST(project_list(&cx, NULL, 10, &list, &n));
    cr_assert_eq(n, 0);
}

Test(project, needs_title_and_purpose)
{
    struct project_draft d = draft();
    struct project made;

    d.purpose = " \n";
    cr_assert_eq(project_create(&cx, &d, &made), ERR_UNPROCESSABLE);
    cr_assert_str_eq(cx.diag.field, "/purpose");
    diag_clear(&cx.diag);
    d = draft();
    d.title = "";
    cr_assert_eq(project_create(&cx, &d, &made), ERR_UNPROCESSABLE);
    cr_assert_str_eq(cx.diag.field, "/title");
}

Test(project, changes_only_what_is_named_and_by_members)
{
    struct project_draft d = draft(), change = {.title = "Returns"};
    struct project made, out;

    MUST(project_create(&cx, &d, &made));
    MUST(project_update(&cx, made.id, &change, &out));
    cr_assert_str_eq(out.title, "Returns");
    cr_assert_str_eq(out.purpose, d.purpose);
    cr_assert_eq(out.datasets_n, 1);
    cr_assert_eq(out.revision, made.revision + 1);
    change = (struct project_draft){.datasets_given = true};
    MUST(project_update(&cx, made.id, &change, &out));
    cr_assert_eq(out.datasets_n, 0);
    act_as(bob, ROLE_RESEARCHER);
    MUST_FAIL(ERR_NOT_FOUND, project_update(&cx, made.id, &change, &out));
    act_as(bob, ROLE_ADMIN);
    cr_assert_eq(project_update(&cx, made.id, &change, &out), ERR_FORBIDDEN);
    cr_assert_str_eq(cx.diag.extra, "{\"missing_permission\":\"project.member\"}");
}

Test(project, its_maker_says_who_works_on_it)
{
    const char *carl = user_made("carl@example.org", ROLE_RESEARCHER);
    struct project_draft d = draft();
    struct project made;
    struct member member;

    MUST(project_create(&cx, &d, &made));
    MUST_FAIL(ERR_CONFLICT, project_member_add(&cx, made.id, olive, &member));
    MUST_FAIL(ERR_CONFLICT, project_member_remove(&cx, made.id, ada));
    MUST(project_member_add(&cx, made.id, bob, &member));
    act_as(bob, ROLE_RESEARCHER);
    MUST_FAIL(ERR_FORBIDDEN, project_member_add(&cx, made.id, carl, &member));
    MUST_FAIL(ERR_FORBIDDEN, project_member_remove(&cx, made.id, ada));
    act_as(ada, ROLE_RESEARCHER);
    edit_by_hand("UPDATE user SET suspended = 1 WHERE email LIKE 'carl%'");
    MUST_FAIL(ERR_CONFLICT, project_member_add(&cx, made.id, carl, &member));
    MUST(project_member_remove(&cx, made.id, bob));
    MUST_FAIL(ERR_NOT_FOUND, project_check(&cx, made.id, bob, wards));
}

Test(project, is_asked_for_each_job)
{
    struct project_draft d = draft();
    struct project made;

    MUST(project_create(&cx, &d, &made));
    MUST(project_check(&cx, made.id, ada, wards));
    MUST_FAIL(ERR_FORBIDDEN, project_check(&cx, made.id, ada, secret));
    MUST_FAIL(ERR_NOT_FOUND, project_check(&cx, made.id, bob, wards));
    MUST_FAIL(ERR_NOT_FOUND, project_check(&cx, "prj_x", ada, wards));
}
