/* record_test.c -- every act of a person leaves its entry in the audit log. Moves of jobs and
 * of the ledger are recorded where they are made, each in one place, and tested there. */
#include "datasite/core/audit.h"
#include "datasite/core/comment.h"
#include "datasite/core/grant.h"
#include "datasite/core/project.h"
#include "datasite/core/raise.h"
#include "datasite/core/reviewers.h"
#include "datasite/core/session.h"
#include "datasite/core/settings.h"
#include "datasite/core/template.h"
#include "datasite/core/token.h"
#include "datasite/core/webhook.h"
#include "tests/unit/core/made_job.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static int64_t seen; /* entries that were looked at */

/* The verbs of the entries since the last look. */
static const char *
said(void)
{
    static const struct audit_filter all = {0};
    struct audit_entry *list;
    const char *verbs = "";
    size_t n;

    MUST(audit_entries(&cx, &all, seen, 100, &list, &n));
    for (size_t i = 0; i < n; i++)
        verbs = arena_strf(cx.arena, "%s%s%s", verbs, i > 0 ? " " : "", list[i].verb);
    seen += (int64_t)n;
    return verbs;
}

/* The act is done and leaves these entries. */
#define SAYS(verbs, act)                   \
    do {                                   \
        MUST(act);                         \
        cr_expect_str_eq(said(), (verbs)); \
    } while (0)

static void
setup(void)
{
    struct digest head;

    job_site_make();
    MUST(audit_head(&cx, &seen, &head));
}

TestSuite(record, .init = setup, .fini = site_drop);

Test(record, of_accounts_and_doors)
{
    char text[TOKEN_TEXT_BYTES], secret[WEBHOOK_SECRET_BYTES];
    struct session_new session;
    struct webhook webhook;
    struct token token;
    struct user user;

    MUST(user_by_id(&cx, ada, &user));
    SAYS("session.create", session_open(&cx, &user, &session));
    SAYS("session.end", session_end(&cx));
    SAYS("token.create", token_create(&cx, "mine", 0, 1, &token, text));
    SAYS("token.revoke", token_revoke(&cx, token.id));
    SAYS("webhook.create",
        webhook_create(&cx, "https://example.org/hook", &webhook, secret));
    SAYS("webhook.delete", webhook_delete(&cx, webhook.id));
    SAYS("setting.change", settings_set(&cx, "second_admin", "true"));
}

Test(record, of_projects)
{
    struct project_draft draft = {.title = "Beds", .purpose = "To know."};
    struct project project;
    struct member member;

    as_ada();
    SAYS("project.create", project_create(&cx, &draft, &project));
    SAYS("project.update", project_update(&cx, project.id, &draft, &project));
    SAYS("project.join", project_member_add(&cx, project.id, bob, &member));
    SAYS("", project_member_add(&cx, project.id, bob, &member));
    SAYS("project.leave", project_member_remove(&cx, project.id, bob));
}

Test(record, of_datasets)
{
    struct dataset ds = dataset_made("beds", NANO, 0);
    const char *rita = user_made("rita@example.org", ROLE_OWNER);
    json_auto_t *policy = json_string("dp-only");

    as_owner();
    cr_expect_str_eq(said(),
        "dataset.create budget.grant dataset.data dataset.mock dataset.publish "
        "grant.create grant.create user.create");
    SAYS("", grant_put(&cx, ds.id, ada));
    SAYS("grant.delete", grant_delete(&cx, ds.id, ada));
    SAYS("dataset.reviewers", reviewers_set(&cx, &ds, &rita, 1));
    SAYS("dataset.update", dataset_describe(&cx, &ds, "Beds", NULL));
    SAYS("dataset.policy", dataset_policy_set(&cx, &ds, policy));
    SAYS("dataset.unpublish", dataset_close(&cx, &ds));
    SAYS("dataset.archive", dataset_archive(&cx, &ds));
}

Test(record, of_budgets)
{
    struct population people;
    struct raise raise;
    bool waits;

    act_as(user_made("root@example.org", ROLE_ADMIN), ROLE_ADMIN);
    MUST(settings_set(&cx, "second_admin", "true"));
    (void)said();
    SAYS("freeze.set", budget_freeze(&cx, &wards, "A complaint."));
    SAYS("freeze.lift", budget_thaw(&cx, &wards));
    SAYS("population.create", population_create(&cx, "all", 6 * NANO, 0, &people));
    SAYS("population.join", population_join(&cx, &people, &wards));
    SAYS("population.budget", population_set(&cx, &people, 5 * NANO, NULL));
    SAYS("raise.ask", raise_dataset(&cx, &wards, 6 * NANO, "More.", &raise, &waits));
    SAYS("raise.refuse", raise_decide(&cx, &raise, false));
    SAYS("raise.ask", raise_dataset(&cx, &wards, 6 * NANO, "More.", &raise, &waits));
    act_as(user_made("rita@example.org", ROLE_ADMIN), ROLE_ADMIN);
    (void)said();
    SAYS("budget.adjust raise.confirm", raise_decide(&cx, &raise, true));
}

Test(record, of_templates_and_comments)
{
    struct comment_draft words = {.version = 1, .line = 1, .text = "Why one?"};
    json_auto_t *holes = json_pack("{s:{s:s, s:s}}", "n", "lower", "0", "upper", "9");
    struct template_draft draft = {.name = "One",
        .lane = "dp",
        .source = STR("return ${n}"),
        .parameters = holes,
        .max_epsilon_nano = NANO};
    struct job j = job_checked(1, NANO);
    struct template template;
    struct comment comment;

    wards_policy("{\"name\":\"t\",\"title\":\"T\",\"templates\":true,"
                 "\"lanes\":{\"dp\":{\"release\":\"auto\"}}}");
    (void)said();
    as_owner();
    SAYS("template.sign", template_create(&cx, &wards, &draft, &template));
    SAYS("template.end", template_end(&cx, &wards, template.id));
    SAYS("job.comment", comment_add(&cx, &j, &words, &comment));
    SAYS("job.comment_resolve", comment_resolve(&cx, &j, comment.id, true, &comment));
    SAYS("job.comment_reopen", comment_resolve(&cx, &j, comment.id, false, &comment));
}
