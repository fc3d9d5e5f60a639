/* audit_test.c -- the chain holds, and shows where it was touched. */
#include "datasite/core/audit.h"
#include "tests/unit/core/made_site.h"

#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

TestSuite(audit, .init = site_make, .fini = site_drop);

static void
append(const char *verb, const char *subject, json_t *facts)
{
    TXN_SCOPE(txn);

    MUST(txn_begin(&txn, cx.db, &cx.diag));
    MUST(audit_append(&cx, verb, subject, facts));
    MUST(txn_commit(&txn, &cx.diag));
    later(1);
}

/* Seven entries, with facts of every kind. */
static void
append_some(void)
{
    append("setup.link", "site", NULL);
    append("user.create", "usr_1", json_pack("{s:s}", "roles", "owner"));
    append("job.submit", "job_1", json_pack("{s:i, s:s}", "version", 1, "sha", "00"));
    append("job.check", "job_1", json_pack("{s:{s:i}}", "found", "warnings", 2));
    append("job.approve", "job_1", json_pack("{s:s}", "comment", "\xC3\xBC \"x\""));
    append("budget.charge", "job_1", json_pack("{s:s}", "rho", "0.005"));
    append("result.release", "job_1", json_object());
}

static enum err
verify(int64_t *entries, int64_t *first_bad)
{
    struct digest head;

    return audit_verify(&cx, NULL, entries, &head, first_bad);
}

Test(audit, empty_log_is_good)
{
    int64_t entries, bad;

    MUST(verify(&entries, &bad));
    cr_assert_eq(entries, 0);
    cr_assert_eq(bad, 0);
}

Test(audit, chain_is_recomputed)
{
    struct digest head, kept;
    int64_t entries, bad, n;

    append_some();
    MUST(audit_verify(&cx, NULL, &entries, &head, &bad));
    cr_assert_eq(entries, 7);
    cr_assert_eq(bad, 0);
    MUST(audit_head(&cx, &n, &kept));
    cr_assert_eq(n, 7);
    cr_assert(digest_eq(head, kept));
}

static const char first_entry[] =
    "{\"actor\":\"system\",\"facts\":{\"a\":1},\"seq\":1,\"subject\":\"site\","
    "\"time\":\"2026-09-21T14:13:20.000Z\",\"verb\":\"setup.link\"}";

/* Of that entry, if it followed one with this hash. */
static struct digest
first_digest(struct digest before)
{
    unsigned char text[32 + sizeof first_entry - 1];

    memcpy(text, before.b, sizeof before.b);
    memcpy(text + 32, first_entry, sizeof first_entry - 1);
    return digest_bytes((struct str){(char *)text, sizeof text});
}

Test(audit, first_hash_is_the_documented_one)
{
    struct digest head;
    int64_t n;

    append("setup.link", "site", json_pack("{s:i}", "a", 1));
    MUST(audit_head(&cx, &n, &head));
    cr_assert(digest_eq(head, first_digest((struct digest){{0}})));
}

/* However well it hashes. */
Test(audit, an_export_begins_with_nothing_before_its_first_entry)
{
    struct digest before = {{1}}, head;
    char line[512], prev[65], hash[65];
    int64_t entries, bad;

    for (int i = 0; i < 2; i++) {
        before.b[0] = (uint8_t)i;
        snprintf(line, sizeof line, "%.*s,\"prev\":\"%s\",\"hash\":\"%s\"}\n",
            (int)sizeof first_entry - 2, first_entry, digest_text(before, prev),
            digest_text(first_digest(before), hash));
        cr_expect_eq(
            audit_verify_lines(&cx.diag, str_of(line), NULL, &entries, &head, &bad),
            i == 0 ? ERR_OK : ERR_CONFLICT, "%s", cx.diag.text);
    }
    diag_clear(&cx.diag);
}

/* Each edit goes around the triggers, as one who owns the file can. */
Test(audit, entry_edited_by_hand_is_named)
{
    static const struct {
        const char *sql;
        int64_t first_bad;
    } edits[] = {
        {"UPDATE audit SET facts = '{\"roles\":\"admin\"}' WHERE seq = 2", 2},
        {"UPDATE audit SET facts = '{ \"roles\":\"owner\"}' WHERE seq = 2", 2},
        {"UPDATE audit SET facts = 'x' WHERE seq = 3", 3},
        {"UPDATE audit SET actor = 'usr_2' WHERE seq = 4", 4},
        {"UPDATE audit SET verb = 'job.reject' WHERE seq = 5", 5},
        {"UPDATE audit SET subject = 'job_2' WHERE seq = 5", 5},
        {"UPDATE audit SET time = '2026-01-01T00:00:00.000Z' WHERE seq = 6", 6},
        {"UPDATE audit SET hash = replace(hash, substr(hash, 1, 1), 'g') WHERE seq = 6",
            6},
        {"UPDATE audit SET seq = 70 WHERE seq = 7", 7},
        {"DELETE FROM audit WHERE seq = 1", 1},
        {"DELETE FROM audit WHERE seq = 4", 4},
        {"DELETE FROM audit WHERE seq >= 6", 6},
        {"DELETE FROM audit", 1},
        {"UPDATE audit SET actor = CAST(x'ff' AS TEXT) WHERE seq = 2", 2},
        {"UPDATE audit_head SET seq = 6", 6},
    };

    append_some();
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        int64_t entries, bad;
        char number[32];

        edit_by_hand("CREATE TABLE kept AS SELECT * FROM audit;"
                     "CREATE TABLE kept_head AS SELECT * FROM audit_head;"
                     "DROP TRIGGER IF EXISTS audit_no_update;"
                     "DROP TRIGGER IF EXISTS audit_no_delete;"
                     "DROP TRIGGER IF EXISTS audit_in_order;"
                     "DROP TRIGGER IF EXISTS audit_head_forward");
        edit_by_hand(edits[i].sql);
        cr_assert_eq(verify(&entries, &bad), ERR_CONFLICT, "edit %zu", i);
        cr_assert_eq(bad, edits[i].first_bad, "edit %zu: %s", i, cx.diag.text);
        snprintf(number, sizeof number, "audit entry %d:", (int)bad);
        cr_assert_eq(
            strncmp(cx.diag.text, number, strlen(number)), 0, "%s", cx.diag.text);
        diag_clear(&cx.diag);
        edit_by_hand("DELETE FROM audit; INSERT INTO audit SELECT * FROM kept;"
                     "UPDATE audit_head SET seq = (SELECT seq FROM kept_head);"
                     "DROP TABLE kept; DROP TABLE kept_head");
        MUST(verify(&entries, &bad));
    }
}

Test(audit, database_refuses_edits)
{
    static const char *const edits[] = {
        "UPDATE audit SET actor = 'x' WHERE seq = 1",
        "DELETE FROM audit WHERE seq = 7",
        "INSERT INTO audit SELECT 99, time, actor, verb, subject, facts, 'f' || "
        "substr(hash, 2) FROM audit WHERE seq = 1",
        "DELETE FROM audit_head",
        "UPDATE audit_head SET seq = 3",
    };
    sqlite3 *hand;
    char path[64];

    append_some();
    snprintf(path, sizeof path, "%s/datasite.db", site_folder);
    cr_assert_eq(sqlite3_open(path, &hand), SQLITE_OK);
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++)
        cr_assert_eq(sqlite3_exec(hand, edits[i], NULL, NULL, NULL), SQLITE_CONSTRAINT,
            "edit %zu", i);
    sqlite3_close(hand);
}

Test(audit, long_log_is_walked_to_its_end)
{
    int64_t entries, bad;

    TXN_SCOPE(txn);

    MUST(txn_begin(&txn, cx.db, &cx.diag));
    for (int i = 0; i < 1203; i++) /* more than two pages */
        MUST(audit_append(&cx, "job.submit", "job_1", NULL));
    MUST(txn_commit(&txn, &cx.diag));
    MUST(verify(&entries, &bad));
    cr_assert_eq(entries, 1203);
}

Test(audit, rolled_back_act_leaves_no_entry)
{
    int64_t entries, bad;

    append_some();
    {
        TXN_SCOPE(txn);

        MUST(txn_begin(&txn, cx.db, &cx.diag));
        MUST(audit_append(&cx, "job.reject", "job_1", NULL));
    }
    MUST(verify(&entries, &bad));
    cr_assert_eq(entries, 7);
}

Test(audit, facts_are_strings_and_integers_of_known_verbs)
{
    TXN_SCOPE(txn);

    MUST(txn_begin(&txn, cx.db, &cx.diag));
    cr_assert_neq(
        audit_append(&cx, "job.submit", "j", json_pack("{s:f}", "x", 0.5)), ERR_OK);
    diag_clear(&cx.diag);
    MUST_FAIL(ERR_INTERNAL, audit_append(&cx, "job.sumbit", "j", NULL));
}

Test(audit, filters_by_verb_group_actor_and_subject)
{
    static const struct {
        struct audit_filter filter;
        size_t n;
    } table[] = {
        {{0}, 7},
        {{.verb = "job."}, 3},
        {{.verb = "job.approve"}, 1},
        {{.verb = "job"}, 0},
        {{.subject = "job_1"}, 5},
        {{.actor = "system"}, 7},
        {{.actor = "nobody"}, 0},
        {{.verb = "user.", .subject = "job_1"}, 0},
    };
    struct audit_entry *list;
    size_t n;

    append_some();
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        MUST(audit_entries(&cx, &table[i].filter, 0, 50, &list, &n));
        cr_assert_eq(n, table[i].n, "row %zu", i);
    }
    MUST(audit_entries(&cx, &table[0].filter, 5, 50, &list, &n));
    cr_assert_eq(n, 2);
    cr_assert_eq(list[0].seq, 6);
}

Test(audit, lists_the_newest_first_from_any_entry)
{
    static const struct audit_filter newest = {.newest_first = true};
    static const struct audit_filter jobs = {.verb = "job.", .newest_first = true};
    struct audit_entry *list;
    size_t n;

    append_some();
    MUST(audit_entries(&cx, &newest, 0, 2, &list, &n));
    cr_assert_eq(n, 2);
    cr_assert_eq(list[0].seq, 7);
    cr_assert_eq(list[1].seq, 6);
    cr_assert_str_eq(list[0].prev, list[1].hash);
    MUST(audit_entries(&cx, &newest, 6, 50, &list, &n));
    cr_assert_eq(n, 5);
    cr_assert_eq(list[0].seq, 5);
    cr_assert_eq(list[4].seq, 1);
    MUST(audit_entries(&cx, &jobs, 0, 50, &list, &n));
    cr_assert_eq(n, 3);
    cr_assert_gt(list[0].seq, list[2].seq);
}

static struct buf
exported(int64_t after, int64_t limit)
{
    struct buf lines;

    buf_init(&lines, 1 << 20);
    MUST(audit_export_lines(&cx, after, limit, &lines));
    return lines;
}

Test(audit, export_is_verified_from_any_start)
{
    struct digest head, kept;
    int64_t entries, bad, n;

    append_some();
    MUST(audit_head(&cx, &n, &kept));
    for (int64_t after = 0; after < 7; after++) {
        struct buf lines = exported(after, 100);

        MUST(
            audit_verify_lines(&cx.diag, buf_str(&lines), NULL, &entries, &head, &bad));
        cr_assert_eq(entries, 7 - after);
        cr_assert(digest_eq(head, kept));
        buf_release(&lines);
    }
}

Test(audit, export_changed_in_any_byte_is_refused)
{
    struct buf lines;
    struct digest head;
    int64_t entries, bad;

    append_some();
    lines = exported(0, 100);
    for (size_t i = 0; i < lines.len; i++) {
        char was = lines.ptr[i];
        enum err err;

        lines.ptr[i] = was == '0' ? '1' : '0';
        err =
            audit_verify_lines(&cx.diag, buf_str(&lines), NULL, &entries, &head, &bad);
        cr_assert_neq(err, ERR_OK, "byte %zu, which was %c", i, was);
        lines.ptr[i] = was;
        diag_clear(&cx.diag);
    }
    buf_release(&lines);
}

Test(audit, export_with_lines_missing_or_swapped_is_refused)
{
    struct buf lines;
    struct digest head;
    int64_t entries, bad;
    const char *second, *third;
    BUF_SCOPE(cut);

    append_some();
    lines = exported(0, 100);
    second = strchr(lines.ptr, '\n') + 1;
    third = strchr(second, '\n') + 1;
    buf_init(&cut, 1 << 20);
    buf_add(&cut, lines.ptr, (size_t)(second - lines.ptr));
    buf_add(&cut, third, (size_t)(lines.ptr + lines.len - third));
    cr_assert_eq(
        audit_verify_lines(&cx.diag, buf_str(&cut), NULL, &entries, &head, &bad),
        ERR_CONFLICT);
    cr_assert_eq(bad, 2);
    cr_assert_eq(entries, 1);
    diag_clear(&cx.diag);
    MUST_FAIL(ERR_INVALID,
        audit_verify_lines(&cx.diag, STR(""), NULL, &entries, &head, &bad));
    buf_release(&lines);
}
