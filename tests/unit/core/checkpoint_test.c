/* checkpoint_test.c -- a signed head shows a log that was rewritten, and is made when it
 * is due. */
#include "datasite/core/checkpoint.h"
#include "tests/unit/core/made_site.h"

#include <criterion/criterion.h>

TestSuite(checkpoint, .init = site_make, .fini = site_drop);

static void
entries_made(int n)
{
    for (int i = 0; i < n; i++)
        MUST(audit_append(&cx, "session.end", "usr", NULL));
}

static bool
due(void)
{
    bool out;

    MUST(checkpoint_is_due(&cx, &out));
    return out;
}

static enum err
verified(struct audit_marks *marks, int64_t *bad)
{
    struct digest head;
    int64_t entries;

    return audit_verify(&cx, marks, &entries, &head, bad);
}

Test(checkpoint, is_due_after_a_day_or_a_thousand_entries)
{
    struct checkpoint c;

    cr_assert_not(due(), "an empty log has no head to sign");
    entries_made(1);
    cr_assert(due());
    MUST(checkpoint_make(&cx, &c));
    later(100000);
    cr_assert_not(due(), "nothing is new");
    entries_made(1);
    cr_assert(due());
    MUST(checkpoint_make(&cx, &c));
    entries_made(999);
    cr_assert_not(due());
    entries_made(1);
    cr_assert(due());
}

Test(checkpoint, signs_a_head_once)
{
    struct checkpoint one, two, *list;
    size_t n;

    entries_made(3);
    MUST(checkpoint_make(&cx, &one));
    later(5);
    MUST(checkpoint_make(&cx, &two));
    cr_assert_str_eq(one.time, two.time);
    MUST(checkpoint_list(&cx, 0, 10, &list, &n));
    cr_assert_eq(n, 1);
    cr_assert_eq(list[0].entries, 3);
}

Test(checkpoint, a_chain_meets_all_of_them)
{
    struct audit_marks marks;
    struct checkpoint c;
    int64_t bad;

    for (int i = 0; i < 5; i++) {
        entries_made(3);
        MUST(checkpoint_make(&cx, &c));
    }
    entries_made(1);
    MUST(checkpoint_marks(&cx, keys_public(site.keys), &marks));
    MUST(verified(&marks, &bad));
    cr_assert_eq(marks.met, 5);
}

/* The chain is sound in itself, and not the one that was signed. */
Test(checkpoint, names_the_entry_that_is_another)
{
    struct audit_marks marks;
    struct checkpoint c;
    int64_t bad;

    entries_made(3);
    MUST(checkpoint_make(&cx, &c));
    entries_made(3);
    MUST(checkpoint_marks(&cx, keys_public(site.keys), &marks));
    marks.list[0].head.b[0] ^= 1;
    cr_assert_eq(verified(&marks, &bad), ERR_CONFLICT);
    cr_assert_eq(bad, 3);
    diag_clear(&cx.diag);
    marks = (struct audit_marks){.list = marks.list, .n = 1};
    marks.list[0].seq = 7;
    cr_assert_eq(verified(&marks, &bad), ERR_CONFLICT, "it was cut off");
    cr_assert_eq(bad, 7);
}

Test(checkpoint, a_row_changed_by_hand_bears_no_signature)
{
    static const char *const edits[] = {
        "UPDATE audit_checkpoint SET head = '1' || substr(head, 2)",
        "UPDATE audit_checkpoint SET time = '2020-01-01T00:00:00.000Z'",
        "UPDATE audit_checkpoint SET entries = 2",
    };
    struct audit_marks marks;
    struct checkpoint c;

    entries_made(3);
    MUST(checkpoint_make(&cx, &c));
    edit_by_hand("DROP TRIGGER audit_checkpoint_no_update");
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        edit_by_hand(edits[i]);
        MUST_FAIL(ERR_CONFLICT, checkpoint_marks(&cx, keys_public(site.keys), &marks));
    }
}

Test(checkpoint, another_key_signed_nothing_here)
{
    static const uint8_t other[32] = {1};
    struct audit_marks marks;
    struct checkpoint c;

    entries_made(1);
    MUST(checkpoint_make(&cx, &c));
    MUST_FAIL(ERR_CONFLICT, checkpoint_marks(&cx, other, &marks));
}
