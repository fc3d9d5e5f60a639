/* dataset_test.c -- who sees a dataset, what it takes to publish one, and its
 * budget. */
#include "datasite/core/budget.h"
#include "datasite/core/dataset.h"
#include "datasite/core/grant.h"
#include "datasite/core/raise.h"
#include "datasite/core/reviewers.h"
#include "datasite/core/settings.h"
#include "tests/unit/core/made_job.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(dataset, .init = job_site_make, .fini = site_drop);

static const char columns[] =
    "{\"unit\":null,\"columns\":[{\"name\":\"n\",\"type\":\"integer\"}]}";

static enum err
create(const char *name, int64_t epsilon_nano, int64_t delta_atto, const char *policy,
    struct dataset *out)
{
    json_auto_t *schema = NULL, *choice = json_string(policy);
    struct dataset_draft draft = {.name = name,
        .title = "T",
        .description = "",
        .epsilon_nano = epsilon_nano,
        .delta_atto = delta_atto,
        .policy = choice};

    MUST(json_parse(&cx.diag, str_of(columns), &schema));
    draft.schema = schema;
    return dataset_create(&cx, &draft, out);
}

Test(dataset, declarations_are_looked_at)
{
    struct dataset ds;

    as_owner();
    MUST_FAIL(ERR_UNPROCESSABLE, create("Wards", NANO, 0, "dp-only", &ds));
    MUST_FAIL(ERR_UNPROCESSABLE, create("", NANO, 0, "dp-only", &ds));
    MUST_FAIL(ERR_UNPROCESSABLE, create("x", 0, 0, "dp-only", &ds));
    MUST_FAIL(ERR_UNPROCESSABLE, create("x", NANO, ATTO, "dp-only", &ds));
    MUST_FAIL(ERR_UNPROCESSABLE, create("x", NANO, 0, "no-such", &ds));
    MUST_FAIL(ERR_INVALID, create("x", INT64_MAX, 0, "dp-only", &ds));
    MUST_FAIL(ERR_CONFLICT, create("wards", NANO, 0, "dp-only", &ds));
    MUST(create("x", NANO, 0, "dp-only", &ds));
    cr_assert_eq(ds.accounting, ACCOUNT_PURE);
    MUST(create("y", NANO, 1000, "dp-only", &ds));
    cr_assert_eq(ds.accounting, ACCOUNT_ZCDP);
}

Test(dataset, is_seen_by_those_who_may)
{
    const char *carl = user_made("carl@example.org", ROLE_RESEARCHER);
    const char *oscar = user_made("oscar@example.org", ROLE_OWNER);
    struct dataset ds;

    act_as(carl, ROLE_RESEARCHER);
    MUST_FAIL(ERR_NOT_FOUND, dataset_visible(&cx, "wards", &ds));
    act_as(oscar, ROLE_OWNER);
    MUST_FAIL(ERR_NOT_FOUND, dataset_owned(&cx, "wards", &ds));
    act_as(oscar, ROLE_OWNER | ROLE_ADMIN);
    MUST(dataset_visible(&cx, "wards", &ds));
    MUST_FAIL(ERR_FORBIDDEN, dataset_owned(&cx, "wards", &ds));
    as_ada();
    MUST(dataset_visible(&cx, "wards", &ds));
    as_owner();
    MUST(dataset_close(&cx, &ds));
    as_ada();
    MUST_FAIL(ERR_NOT_FOUND, dataset_visible(&cx, "wards", &ds));
    as_owner();
    MUST(dataset_open(&cx, &ds));
    MUST(grant_delete(&cx, ds.id, ada));
    MUST_FAIL(ERR_NOT_FOUND, grant_delete(&cx, ds.id, ada));
    as_ada();
    MUST_FAIL(ERR_NOT_FOUND, dataset_visible(&cx, "wards", &ds));
}

/* Also where one was archived past the program, and is published still. */
Test(dataset, an_archived_one_is_seen_by_insiders_alone)
{
    const char *rita = user_made("rita@example.org", ROLE_OWNER);
    struct dataset ds = wards;

    as_owner();
    MUST(reviewers_set(&cx, &ds, &rita, 1));
    act_as(rita, ROLE_OWNER);
    MUST(dataset_visible(&cx, "wards", &ds));
    edit_by_hand("UPDATE dataset SET archived = 1");
    MUST_FAIL(ERR_NOT_FOUND, dataset_visible(&cx, "wards", &ds));
    as_ada();
    MUST_FAIL(ERR_NOT_FOUND, dataset_visible(&cx, "wards", &ds));
    as_owner();
    MUST(dataset_visible(&cx, "wards", &ds));
}

Test(dataset, a_hold_has_a_delta_where_the_budget_has)
{
    static const int64_t wrong[] = {0, 1, ATTO};
    struct dataset ds = dataset_made("zcdp", NANO, ATTO / 1000000);
    struct budget hold;

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        MUST_FAIL(ERR_UNPROCESSABLE, dataset_hold(&cx, &ds, NANO, wrong[i], &hold));
    MUST_FAIL(ERR_UNPROCESSABLE, dataset_hold(&cx, &wards, NANO, 1000, &hold));
    MUST(dataset_hold(&cx, &ds, NANO, -1, &hold));
}

Test(dataset, grants_go_to_researchers)
{
    as_owner();
    MUST_FAIL(ERR_NOT_FOUND, grant_put(&cx, wards.id, "usr_none"));
    MUST_FAIL(ERR_CONFLICT, grant_put(&cx, wards.id, olive));
    MUST(grant_put(&cx, wards.id, ada));
}

Test(dataset, publication_names_what_lacks)
{
    struct dataset ds;

    as_owner();
    MUST(create("bare", NANO, 0, "dp-only", &ds));
    cr_assert_eq(dataset_open(&cx, &ds), ERR_CONFLICT);
    cr_assert_str_eq(cx.diag.text, "before publication it lacks: data, mock");
}

Test(dataset, an_archived_one_is_left_alone)
{
    struct dataset ds = wards;

    as_owner();
    MUST(dataset_archive(&cx, &ds));
    MUST_FAIL(ERR_CONFLICT, dataset_owned(&cx, "wards", &ds));
    as_ada();
    MUST_FAIL(ERR_NOT_FOUND, dataset_visible(&cx, "wards", &ds));
    MUST(ledger_verify_all(&cx));
}

Test(dataset, a_late_upload_does_not_push_out_a_later_one)
{
    struct csv_report report = {.rows = 1};
    struct dataset ds = wards;
    int64_t early, late;

    as_owner();
    MUST(dataset_data_begin(&cx, &ds, &early));
    MUST(dataset_data_begin(&cx, &ds, &late));
    MUST(dataset_data_commit(&cx, &ds, late, &report));
    MUST_FAIL(ERR_CONFLICT, dataset_data_commit(&cx, &ds, early, &report));
    MUST_FAIL(ERR_CONFLICT, dataset_data_commit(&cx, &ds, late, &report));
    MUST(dataset_by_id(&cx, ds.id, &ds));
    cr_assert_eq(ds.data_version, late);
}

Test(dataset, its_budget_is_decided_with_reasons)
{
    struct dataset ds = wards;
    struct budget_view view;

    as_owner();
    MUST_FAIL(ERR_UNPROCESSABLE, budget_set(&cx, &ds, 6 * NANO, 0, ""));
    MUST_FAIL(ERR_UNPROCESSABLE, budget_set(&cx, &ds, 6 * NANO, 1, "why"));
    MUST_FAIL(ERR_UNPROCESSABLE, budget_set(&cx, &ds, 0, 0, "why"));
    MUST(budget_set(&cx, &ds, 4 * NANO, 0, NULL)); /* lowering needs none */
    MUST(budget_set(&cx, &ds, 6 * NANO, 0, "why"));
    MUST(budget_view(&cx, &ds, &view));
    cr_assert_eq(view.epsilon_nano, 6 * NANO);
    cr_assert_eq(view.free_nano, 6 * NANO);
}

Test(dataset, a_researcher_sees_a_share)
{
    struct budget_share share = {ada, NANO};
    struct budget_view view;
    struct job j;

    as_ada();
    MUST(budget_view(&cx, &wards, &view));
    cr_assert_eq(view.free_nano, 5 * NANO, "no share: what the dataset has");
    as_owner();
    MUST(budget_share_out(&cx, &wards, ada_project, 2 * NANO, NULL, 0));
    as_ada();
    MUST(budget_view(&cx, &wards, &view));
    cr_assert_eq(view.epsilon_nano, 2 * NANO);
    as_owner();
    MUST(budget_share_out(&cx, &wards, ada_project, -1, &share, 1));
    j = job_running(1, NANO);
    cr_assert_eq(charged(&j, 1, NANO / 4), LEDGER_PAID);
    as_ada();
    MUST(budget_view(&cx, &wards, &view));
    cr_assert_eq(view.spent_nano, NANO / 4);
    cr_assert_eq(view.reserved_nano, 3 * NANO / 4);
    cr_assert_eq(view.free_nano, 0);
    as_owner();
    share.user_id = bob;
    MUST_FAIL(ERR_NOT_FOUND, budget_share_out(&cx, &wards, ada_project, -1, &share, 1));
}

Test(dataset, zcdp_budgets_add_up_to_their_epsilon)
{
    struct dataset ds = dataset_made("zcdp", NANO, ATTO / 1000000);
    struct budget_view view;

    MUST(budget_view(&cx, &ds, &view));
    cr_assert_eq(
        view.spent_nano + view.reserved_nano + view.free_nano, view.epsilon_nano);
    cr_assert_eq(view.free_rho_nano, view.cap.limit_nano);
}

static void
as_root(void)
{
    act_as(user_made("root@example.org", ROLE_ADMIN), ROLE_ADMIN);
}

Test(dataset, a_transfer_moves_what_a_project_has)
{
    struct budget_transfer t = {ada_project, ada_project, NANO, "Less is needed."};
    static const int64_t wrong[] = {0, -1, 2 * NANO + 1};

    as_root();
    MUST(ledger_adjust(&cx, &wards, ada_project, "", 2 * NANO, 0, NULL));
    MUST_FAIL(ERR_UNPROCESSABLE, budget_transfer(&cx, &wards, &t));
    t.to = bob_project;
    MUST_FAIL(ERR_CONFLICT, budget_transfer(&cx, &wards, &t));
    MUST(ledger_adjust(&cx, &wards, bob_project, "", NANO, 0, NULL));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        t.epsilon_nano = wrong[i];
        MUST_FAIL(
            i < 2 ? ERR_UNPROCESSABLE : ERR_BUDGET, budget_transfer(&cx, &wards, &t));
    }
    t = (struct budget_transfer){ada_project, bob_project, NANO, ""};
    MUST_FAIL(ERR_UNPROCESSABLE, budget_transfer(&cx, &wards, &t));
    t.reason = "Less is needed.";
    MUST(budget_transfer(&cx, &wards, &t));
    MUST(ledger_verify(&cx, wards.id));
}

Test(dataset, shares_are_of_members_and_of_projects_with_it)
{
    struct budget_share to_ada = {ada, NANO}, to_bob = {bob, NANO};
    struct dataset beds = dataset_made("beds", NANO, 0);

    as_root();
    MUST(budget_share_out(&cx, &wards, ada_project, -1, &to_ada, 1));
    MUST_FAIL(
        ERR_NOT_FOUND, budget_share_out(&cx, &wards, ada_project, -1, &to_bob, 1));
    MUST_FAIL(ERR_FORBIDDEN, budget_share_out(&cx, &beds, ada_project, NANO, NULL, 0));
}

Test(dataset, a_raise_takes_two)
{
    struct dataset ds = wards;
    struct raise first, second;
    bool waits;

    as_root();
    MUST(raise_dataset(&cx, &ds, 6 * NANO, "More.", &first, &waits));
    cr_assert(!waits && ds.epsilon_nano == 6 * NANO, "but where the site says so");
    MUST(settings_set(&cx, "second_admin", "true"));
    MUST_FAIL(ERR_UNPROCESSABLE, raise_dataset(&cx, &ds, 7 * NANO, "", &first, &waits));
    MUST(raise_dataset(&cx, &ds, 7 * NANO, "More.", &first, &waits));
    MUST(raise_dataset(&cx, &ds, 8 * NANO, "More.", &second, &waits));
    cr_assert(waits);
    MUST_FAIL(ERR_FORBIDDEN, raise_decide(&cx, &first, true));
    act_as(user_made("rita@example.org", ROLE_ADMIN), ROLE_ADMIN);
    MUST(raise_decide(&cx, &first, true));
    MUST_FAIL(ERR_CONFLICT_STATE, raise_decide(&cx, &first, false));
    MUST_FAIL(ERR_CONFLICT, raise_decide(&cx, &second, true));
    MUST(raise_decide(&cx, &second, false));
    MUST(dataset_by_id(&cx, ds.id, &ds));
    cr_assert_eq(ds.epsilon_nano, 7 * NANO);
}
