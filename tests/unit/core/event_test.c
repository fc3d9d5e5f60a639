/* event_test.c -- who is told what, and who is woken. */
#include "datasite/core/event.h"
#include "tests/unit/core/made_site.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

TestSuite(event, .init = site_make, .fini = site_drop);

static size_t
seen_by(const char *id, unsigned roles, int64_t after)
{
    struct event *list;
    int64_t latest;
    size_t n;

    act_as(id, roles);
    MUST(event_since(&cx, after, 50, &list, &n, &latest));
    return n;
}

Test(event, is_told_to_those_it_names_and_to_admins)
{
    const char *ada = user_made("ada@example.org", ROLE_RESEARCHER);
    const char *bob = user_made("bob@example.org", ROLE_RESEARCHER);

    MUST(event_emit(&cx, "job.state", "job_1", NULL, ada, "in_review"));
    MUST(event_emit(&cx, "site.note", "site", NULL, NULL, NULL));
    cr_assert_eq(seen_by(ada, ROLE_RESEARCHER, 0), 1);
    cr_assert_eq(seen_by(bob, ROLE_RESEARCHER, 0), 0);
    cr_assert_eq(seen_by(bob, ROLE_RESEARCHER | ROLE_AUDITOR, 0), 0);
    cr_assert_eq(seen_by(bob, ROLE_ADMIN, 0), 2);
    cr_assert_eq(seen_by(bob, ROLE_ADMIN, 1), 1);
}

Test(event, of_a_dataset_is_told_to_its_owner)
{
    const char *olive = user_made("olive@example.org", ROLE_OWNER);
    const char *oscar = user_made("oscar@example.org", ROLE_OWNER);
    char sql[512];

    snprintf(sql, sizeof sql,
        "INSERT INTO dataset (id, name, owner_id, title, description, schema_json, "
        "accounting, policy_name, policy_json, policy_version, created_us, changed_us) "
        "VALUES ('dst_1', 'wards', '%s', 't', '', '{}', 'pure', 'p', '{}', 1, 1, 1)",
        olive);
    edit_by_hand(sql);
    MUST(event_emit(&cx, "dataset.update", "wards", "dst_1", NULL, "changed"));
    cr_assert_eq(seen_by(olive, ROLE_OWNER, 0), 1);
    cr_assert_eq(seen_by(oscar, ROLE_OWNER, 0), 0);
}

Test(event, reader_goes_on_past_what_is_not_for_it)
{
    const char *ada = user_made("ada@example.org", ROLE_RESEARCHER);
    struct event *list;
    int64_t latest;
    size_t n;

    for (int i = 0; i < 5; i++)
        MUST(event_emit(&cx, "job.state", "job_1", NULL, i % 2 ? ada : NULL, "queued"));
    act_as(ada, ROLE_RESEARCHER);
    MUST(event_since(&cx, 0, 50, &list, &n, &latest));
    cr_assert_eq(n, 2);
    cr_assert_eq(latest, 5, "event 5 was looked at");
    MUST(event_since(&cx, 0, 1, &list, &n, &latest));
    cr_assert_eq(n, 1);
    cr_assert_eq(latest, 2, "the page is full: go on behind it");
    MUST(event_since(&cx, latest, 1, &list, &n, &latest));
    cr_assert_eq(list[0].seq, 4);
}

Test(event, text_is_one_message_of_a_stream)
{
    struct event e = {7, "2026-09-21T14:13:20.000Z", "job.state", "job_1", "a\nb"};
    BUF_SCOPE(out);

    buf_init(&out, 1000);
    MUST(event_text(&cx.diag, &e, &out));
    buf_add(&out, "", 1);
    cr_assert_eq(strncmp(out.ptr, "id: 7\nevent: job.state\ndata: {", 30), 0);
    cr_assert_str_eq(strchr(out.ptr + 30, '\n'), "\n\n", "no line of its own");
}

static void *
ring(void *arg)
{
    (void)arg;
    event_wake();
    return NULL;
}

Test(event, waiters_wake_at_a_commit_or_at_the_deadline)
{
    uint64_t seen = event_seen();
    int64_t begun = clock_mono().us;
    pthread_t thread;

    event_wait(seen, (struct monous){begun + 50000});
    cr_assert(clock_mono().us >= begun + 50000, "nothing happened");
    cr_assert_eq(pthread_create(&thread, NULL, ring, NULL), 0);
    event_wait(seen, (struct monous){clock_mono().us + 30000000});
    cr_assert(clock_mono().us < begun + 20000000, "woken long before the deadline");
    pthread_join(thread, NULL);
    event_wait(seen, (struct monous){clock_mono().us + 30000000}); /* at once */
    cr_assert_neq(event_seen(), seen);
}
