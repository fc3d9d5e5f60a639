/* stays_test.c -- what is written once stays, and no cap is exceeded: triggers and checks of
 * the schema, each refusing an edit that comes past the program. */
#include "datasite/base/check.h"
#include "tests/unit/core/made_job.h"

#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

static struct job j;

static void
setup(void)
{
    job_site_make();
    dataset_made("beds", NANO, 0);
    as_system();
    j = job_running(1, NANO);
    cr_assert_eq(charged(&j, 1, 1), LEDGER_PAID);
}

TestSuite(stays, .init = setup, .fini = site_drop);

/* Rows of the tables that a running job leaves empty. References are not looked at. */
static const char rows[] =
    "UPDATE measurement SET answer = '1', exact = 1;"
    "UPDATE measurement SET withheld = '1', kept_back = '1';"
    "INSERT INTO line_comment VALUES ('cmt_1', 'j', 1, 1, 'u', 1, 'x', 1, NULL, NULL, "
    "'everyone');"
    "INSERT INTO access_request VALUES ('acr_1', 'd', 'u', 'why', 1, 'withdrawn', '', "
    "'u', "
    "2);"
    "INSERT INTO run_end VALUES ('r', 'j', 1, NULL);"
    "INSERT INTO population (id, name, accounting, epsilon_nano, delta_atto, "
    "limit_nano,"
    "    limit_atto, created_us) VALUES ('pop_1', 'all', 'pure', 1, 0, 1, 0, 1),"
    "    ('pop_2', 'mixed', 'zcdp', 1, 0, 1, 0, 1);"
    "INSERT INTO population_dataset SELECT id, 'pop_1', 1 FROM dataset WHERE name = "
    "'wards';"
    "INSERT INTO budget_raise VALUES"
    "    ('rse_1', 'd', NULL, 1, 2, 'why', 'a', 1, 'refused', 'a', 2);"
    "INSERT INTO audit_checkpoint SELECT 5, hash, '', '', '' FROM audit WHERE seq = 5;"
    "INSERT INTO result_evidence VALUES ('j', x'00');"
    "INSERT INTO template VALUES ('tpl_1', 'd', 't', 'dp', 'return 1', printf('%064d', "
    "1),"
    "    '{}', 1, 1, 'u', 1, 2);"
    "INSERT INTO template_signature VALUES ('tpl_1', 'u', 1);"
    "INSERT INTO result (job_id, run_id, outputs_json, measurements_json, log, "
    "checks_json,"
    "    sha256, made_us, released_us) VALUES ('j', 'r', '1', '[]', '', '[]', '', 1, "
    "2);"
    "INSERT INTO budget_freeze SELECT id, 'u', 'why', 1 FROM dataset";

/* One for each trigger, in the order of their names. */
static const struct {
    const char *trigger, *edit;
} edits[] = {
    {"access_request_ends_once", "UPDATE access_request SET decided_us = 3"},
    {"access_request_stays", "UPDATE access_request SET purpose = 'y'"},
    {"audit_checkpoint_forward",
        "INSERT INTO audit_checkpoint SELECT 4, head, '', '', '' FROM "
        "audit_checkpoint"},
    {"audit_checkpoint_no_delete", "DELETE FROM audit_checkpoint"},
    {"audit_checkpoint_no_update", "UPDATE audit_checkpoint SET signature = 'x'"},
    {"audit_head_forward", "UPDATE audit_head SET seq = seq + 2"},
    {"audit_head_no_delete", "DELETE FROM audit_head"},
    {"audit_in_order",
        "INSERT INTO audit SELECT 999, time, actor, verb, subject, facts, "
        "printf('%064d', 999) FROM audit WHERE seq = 1"},
    {"audit_no_delete", "DELETE FROM audit WHERE seq = 1"},
    {"audit_no_update", "UPDATE audit SET actor = 'x' WHERE seq = 1"},
    {"budget_raise_decided_once", "UPDATE budget_raise SET decided_us = 3"},
    {"budget_raise_no_delete", "DELETE FROM budget_raise"},
    {"job_moves_by_the_table", "UPDATE job SET state = 'approved'"},
    {"job_starts_in_checking",
        "INSERT INTO job SELECT id || '2', project_id, dataset_id, author_id, title, "
        "question, lane, max_epsilon_nano, max_delta_atto, outputs_json, 'approved', "
        "version, claimed, failure_json, revision, created_us, changed_us, round FROM "
        "job"},
    {"ledger_frozen",
        "INSERT INTO ledger SELECT dataset_id, 99, time_us, kind, scope, project_id, "
        "user_id, job_id, run_id, measurement, label, mechanism, price_eps_nano, "
        "price_rho_nano, price_delta_atto, move_limit_nano, move_limit_atto, "
        "move_reserved_nano, move_reserved_atto, move_spent_nano, move_spent_atto, "
        "hash "
        "FROM ledger WHERE kind = 'charge'"},
    {"ledger_no_delete", "DELETE FROM ledger"},
    {"ledger_no_update", "UPDATE ledger SET price_eps_nano = 0"},
    {"line_comment_no_delete", "DELETE FROM line_comment"},
    {"line_comment_stays", "UPDATE line_comment SET text = 'y'"},
    {"line_comment_visibility_fits",
        "INSERT INTO line_comment SELECT 'cmt_2', j.id, c.version, c.line, "
        "j.author_id, "
        "9, c.text, c.time_us, NULL, NULL, 'reviewers' FROM job j, line_comment c"},
    {"line_comment_visibility_stays",
        "UPDATE line_comment SET visibility = 'reviewers'"},
    {"measurement_answer_stays", "UPDATE measurement SET answer = '2'"},
    {"measurement_kept_back_stays", "UPDATE measurement SET kept_back = '0'"},
    {"measurement_withheld_stays", "UPDATE measurement SET withheld = '0'"},
    {"policy_version_no_delete", "DELETE FROM policy_version"},
    {"policy_version_stays", "UPDATE policy_version SET policy_json = '{}'"},
    {"population_dataset_no_delete", "DELETE FROM population_dataset"},
    {"population_dataset_stays", "UPDATE population_dataset SET joined_us = 2"},
    {"population_of_one_accounting",
        "INSERT INTO population_dataset SELECT id, 'pop_2', 1 FROM dataset WHERE name "
        "= "
        "'beds'"},
    {"result_evidence_stays", "UPDATE result_evidence SET sealed = x'01'"},
    {"result_part_stays", "UPDATE result SET outputs_json = '2'"},
    {"review_stays", "UPDATE review SET decision = 'reject'"},
    {"run_end_stays", "UPDATE run_end SET visible_us = 0"},
    {"run_slot_stays", "UPDATE run SET slot_us = 7"},
    {"template_ends_once", "UPDATE template SET ended_us = NULL"},
    {"template_signature_stays", "UPDATE template_signature SET signed_us = 2"},
    {"template_stays", "UPDATE template SET max_epsilon_nano = 2"},
};

static void
hand_open(sqlite3 **out)
{
    char path[64], *error = NULL;

    snprintf(path, sizeof path, "%s/datasite.db", site_folder);
    cr_assert_eq(sqlite3_open(path, out), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(*out, rows, NULL, NULL, &error), SQLITE_OK, "%s", error);
}

Test(stays, every_edit_is_refused)
{
    sqlite3 *hand;

    hand_open(&hand);
    for (size_t i = 0; i < ARRAY_N(edits); i++) {
        cr_expect_eq(sqlite3_exec(hand, edits[i].edit, NULL, NULL, NULL),
            SQLITE_CONSTRAINT, "%s: %s", edits[i].trigger, sqlite3_errmsg(hand));
        cr_expect_eq(sqlite3_extended_errcode(hand), SQLITE_CONSTRAINT_TRIGGER,
            "%s: %s", edits[i].trigger, sqlite3_errmsg(hand));
    }
    sqlite3_close(hand);
}

/* It is the trigger that refuses, and nothing else. */
Test(stays, every_edit_passes_without_its_trigger)
{
    sqlite3 *hand;
    char drop[128];

    hand_open(&hand);
    for (size_t i = 0; i < ARRAY_N(edits); i++) {
        snprintf(drop, sizeof drop, "BEGIN; DROP TRIGGER %s", edits[i].trigger);
        cr_assert_eq(sqlite3_exec(hand, drop, NULL, NULL, NULL), SQLITE_OK);
        cr_expect_eq(sqlite3_exec(hand, edits[i].edit, NULL, NULL, NULL), SQLITE_OK,
            "%s: %s", edits[i].trigger, sqlite3_errmsg(hand));
        cr_assert_eq(sqlite3_exec(hand, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    }
    sqlite3_close(hand);
}

/* A trigger that is new needs an edit here. */
Test(stays, no_trigger_is_left_out)
{
    static const char names[] = "SELECT name FROM sqlite_master WHERE type = 'trigger' "
                                "AND sql LIKE '%RAISE%' ORDER BY name";
    sqlite3_stmt *each;
    sqlite3 *hand;
    size_t n = 0;

    hand_open(&hand);
    cr_assert_eq(sqlite3_prepare_v2(hand, names, -1, &each, NULL), SQLITE_OK);
    for (; sqlite3_step(each) == SQLITE_ROW; n++) {
        cr_assert_lt(n, ARRAY_N(edits));
        cr_expect_str_eq((const char *)sqlite3_column_text(each, 0), edits[n].trigger);
    }
    cr_expect_eq(n, ARRAY_N(edits));
    sqlite3_finalize(each);
    sqlite3_close(hand);
}

/* The last line of the ledger: what the tables take of numbers. */
Test(stays, no_cap_is_exceeded_by_hand)
{
    static const struct {
        const char *edit, *check;
    } numbers[] = {
        {"UPDATE cap SET reserved_nano = limit_nano - spent_nano + 1 WHERE kind = "
         "'dataset'",
            "reserved_nano <= limit_nano - spent_nano"},
        {"UPDATE cap SET reserved_atto = limit_atto - spent_atto + 1 WHERE kind = "
         "'dataset'",
            "reserved_atto <= limit_atto - spent_atto"},
        {"UPDATE cap SET spent_nano = -1", "spent_nano >= 0"},
        {"UPDATE cap SET spent_atto = -1", "spent_atto >= 0"},
        {"UPDATE cap SET reserved_nano = -1", "reserved_nano >= 0"},
        {"UPDATE cap SET reserved_atto = -1", "reserved_atto >= 0"},
        {"UPDATE population SET reserved_nano = limit_nano - spent_nano + 1",
            "reserved_nano <= limit_nano - spent_nano"},
        {"UPDATE population SET reserved_atto = limit_atto - spent_atto + 1",
            "reserved_atto <= limit_atto - spent_atto"},
        {"UPDATE population SET spent_nano = -1", "spent_nano >= 0"},
        {"UPDATE population SET reserved_nano = -1", "reserved_nano >= 0"},
        {"INSERT INTO budget_raise VALUES ('rse_2', 'd', NULL, 1, 2, 'why', 'a', 1, "
         "'confirmed', 'a', 2)",
            "decided_by <> asked_by"},
        {"INSERT INTO budget_raise VALUES ('rse_2', 'd', NULL, 2, 2, 'why', 'a', 1, "
         "'open', NULL, NULL)",
            "epsilon_nano > was_nano"},
    };
    sqlite3 *hand;

    hand_open(&hand);
    for (size_t i = 0; i < ARRAY_N(numbers); i++) {
        cr_expect_eq(sqlite3_exec(hand, numbers[i].edit, NULL, NULL, NULL),
            SQLITE_CONSTRAINT, "%s", numbers[i].edit);
        cr_expect_not_null(strstr(sqlite3_errmsg(hand), numbers[i].check), "%s: %s",
            numbers[i].edit, sqlite3_errmsg(hand));
    }
    sqlite3_close(hand);
}
