/* session_test.c -- signing in, staying signed in, and all the ways in which one is not. */
#include "datasite/core/audit.h"
#include "datasite/core/session.h"
#include "datasite/core/throttle.h"
#include "datasite/core/writer.h"
#include "tests/unit/core/made_site.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static struct user ada;

static void
with_ada(void)
{
    struct user_draft draft = {.email = "ada@example.org",
        .name = "Ada",
        .roles = ROLE_RESEARCHER,
        .password = STR(GOOD_PASSWORD)};

    site_make();
    MUST(user_create(&cx, &draft, &ada));
    cx.actor = (struct actor){0};
}

TestSuite(session, .init = with_ada, .fini = site_drop);

static enum err
sign_in(const char *email, const char *password, const char *address,
    struct session_new *out)
{
    cx.actor = (struct actor){0};
    return session_sign_in(&cx, email, str_of(password), address, out);
}

Test(session, cookie_leads_back_to_the_person)
{
    struct session_new session;
    struct actor who;
    char csrf[SESSION_SECRET_BYTES], again[SESSION_SECRET_BYTES];

    MUST(sign_in("ADA@example.org", GOOD_PASSWORD, "127.0.0.1", &session));
    MUST(session_by_cookie(&cx, session.cookie, &who, csrf));
    cr_assert_str_eq(who.id, ada.id);
    cr_assert_eq(who.roles, ROLE_RESEARCHER);
    cr_assert_not(who.by_token);
    cr_assert_str_eq(csrf, session.csrf);
    MUST(session_csrf(&cx, who.session, again));
    cr_assert_str_eq(again, csrf);
}

Test(session, two_sessions_share_nothing)
{
    struct session_new one, two;

    MUST(sign_in("ada@example.org", GOOD_PASSWORD, "127.0.0.1", &one));
    MUST(sign_in("ada@example.org", GOOD_PASSWORD, "127.0.0.1", &two));
    cr_assert_str_neq(one.cookie, two.cookie);
    cr_assert_str_neq(one.csrf, two.csrf);
}

Test(session, cookie_stands_nowhere_in_the_database)
{
    struct session_new session;
    char command[256];

    MUST(sign_in("ada@example.org", GOOD_PASSWORD, "127.0.0.1", &session));
    snprintf(command, sizeof command, "grep -rqa -e '%s' -e '%s' %s", session.cookie,
        GOOD_PASSWORD, site_folder);
    cr_assert_neq(system(command), 0);
}

Test(session, refusals_are_all_alike)
{
    struct user_change suspend = {.suspended = 1};
    struct session_new session;
    char text[sizeof cx.diag.text];
    struct user out;

    cr_assert_eq(sign_in("ada@example.org", "wrong password", "127.0.0.1", &session),
        ERR_UNAUTHENTICATED);
    strcpy(text, cx.diag.text);
    diag_clear(&cx.diag);
    cr_assert_eq(sign_in("nobody@example.org", GOOD_PASSWORD, "127.0.0.1", &session),
        ERR_UNAUTHENTICATED);
    cr_assert_str_eq(cx.diag.text, text);
    diag_clear(&cx.diag);
    cx.actor.roles = ROLE_SYSTEM;
    MUST(user_update(&cx, ada.id, &suspend, &out));
    cr_assert_eq(sign_in("ada@example.org", GOOD_PASSWORD, "127.0.0.1", &session),
        ERR_UNAUTHENTICATED);
    cr_assert_str_eq(cx.diag.text, text);
}

Test(session, account_without_password_lets_nobody_in)
{
    struct session_new session;

    user_made("olive@example.org", ROLE_OWNER);
    MUST_FAIL(ERR_UNAUTHENTICATED, sign_in("olive@example.org", "", "::1", &session));
}

Test(session, guessing_is_slowed_and_others_are_not)
{
    struct session_new session;
    int tries = 0;
    enum err err;

    while ((err = sign_in("ada@example.org", "guess", "192.0.2.7", &session)) ==
        ERR_UNAUTHENTICATED) {
        diag_clear(&cx.diag);
        cr_assert_lt(++tries, 11);
    }
    cr_assert_eq(err, ERR_RATE);
    cr_assert_eq(tries, 10);
    cr_assert(session.retry_after_s > 0 && session.retry_after_s <= 60);
    diag_clear(&cx.diag);
    /* The right password does not help from there, and does from elsewhere. */
    MUST_FAIL(
        ERR_RATE, sign_in("ada@example.org", GOOD_PASSWORD, "192.0.2.9", &session));
    MUST(sign_in("ada@example.org", GOOD_PASSWORD, "198.51.100.7", &session));
    later(61);
    MUST(sign_in("ada@example.org", GOOD_PASSWORD, "192.0.2.7", &session));
}

Test(session, ends_when_idle)
{
    struct session_new session;
    struct actor who;
    char csrf[SESSION_SECRET_BYTES];

    MUST(sign_in("ada@example.org", GOOD_PASSWORD, "127.0.0.1", &session));
    later(SESSION_IDLE_S - 60);
    MUST(session_by_cookie(&cx, session.cookie, &who, csrf)); /* notes the use */
    later(SESSION_IDLE_S - 60);
    MUST(session_by_cookie(&cx, session.cookie, &who, csrf));
    later(SESSION_IDLE_S + 60);
    MUST_FAIL(ERR_UNAUTHENTICATED, session_by_cookie(&cx, session.cookie, &who, csrf));
}

Test(session, ends_after_a_week_however_busy)
{
    struct session_new session;
    struct actor who;
    char csrf[SESSION_SECRET_BYTES];

    MUST(sign_in("ada@example.org", GOOD_PASSWORD, "127.0.0.1", &session));
    for (int s = 0; s < SESSION_LIFE_S - SESSION_IDLE_S; s += SESSION_IDLE_S / 2) {
        MUST(session_by_cookie(&cx, session.cookie, &who, csrf));
        later(SESSION_IDLE_S / 2);
    }
    MUST(session_by_cookie(&cx, session.cookie, &who, csrf));
    later(SESSION_IDLE_S - 1);
    MUST(session_by_cookie(&cx, session.cookie, &who, csrf));
    later(2);
    MUST_FAIL(ERR_UNAUTHENTICATED, session_by_cookie(&cx, session.cookie, &who, csrf));
}

Test(session, ends_by_sign_out_suspension_and_new_password)
{
    static const struct user_change changes[] = {
        {.suspended = 1},
        {.suspended = -1, .password = STR("another horse battery")},
    };
    struct session_new session;
    struct actor who;
    struct user out;
    char csrf[SESSION_SECRET_BYTES];

    MUST(sign_in("ada@example.org", GOOD_PASSWORD, "127.0.0.1", &session));
    MUST(session_by_cookie(&cx, session.cookie, &cx.actor, csrf));
    MUST(session_end(&cx));
    MUST_FAIL(ERR_UNAUTHENTICATED, session_by_cookie(&cx, session.cookie, &who, csrf));
    for (size_t i = 0; i < 2; i++) {
        cx.actor = (struct actor){0};
        MUST(session_open(&cx, &ada, &session));
        MUST(session_by_cookie(&cx, session.cookie, &who, csrf));
        MUST(user_update(&cx, ada.id, &changes[i], &out));
        MUST_FAIL(
            ERR_UNAUTHENTICATED, session_by_cookie(&cx, session.cookie, &who, csrf));
        MUST(user_update(&cx, ada.id, &(struct user_change){.suspended = 0}, &out));
        MUST_FAIL(
            ERR_UNAUTHENTICATED, session_by_cookie(&cx, session.cookie, &who, csrf));
    }
}

Test(session, cookies_that_are_none_of_ours)
{
    static const char *const bad[] = {
        "", "x", "ses_0", "' OR 1 --", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};
    char csrf[SESSION_SECRET_BYTES];
    struct actor who;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        MUST_FAIL(ERR_UNAUTHENTICATED, session_by_cookie(&cx, bad[i], &who, csrf));
}

Test(session, failures_are_on_record_without_what_was_typed)
{
    struct audit_filter refused = {.verb = "session.refuse"};
    struct session_new session;
    struct audit_entry *list;
    size_t n;

    MUST_FAIL(
        ERR_UNAUTHENTICATED, sign_in("ada@example.org", "guess", "::1", &session));
    MUST_FAIL(ERR_UNAUTHENTICATED, sign_in("my-password", "guess", "::1", &session));
    MUST(audit_entries(&cx, &refused, 0, 10, &list, &n));
    cr_assert_eq(n, 2);
    cr_assert_str_eq(list[0].subject, ada.id);
    cr_assert_str_eq(list[1].subject, "unknown");
    cr_assert_null(strstr(list[1].facts, "my-password"));
}

Test(session, cookie_is_bound_to_its_site)
{
    char text[256];

    session_cookie_text(&site, "secret", text, sizeof text);
    cr_assert_str_eq(
        text, "datasite=secret; Path=/; HttpOnly; SameSite=Strict; Max-Age=604800");
    snprintf(site.url, sizeof site.url, "https://data.example.org");
    session_cookie_text(&site, "", text, sizeof text);
    cr_assert_str_eq(
        text, "__Host-datasite=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0; Secure");
}

static void *
sign_in_beside(void *arg)
{
    struct ctx mine = {.site = &site, .now = cx.now, .arena = arena_new(1 << 20)};
    struct session_new session;
    enum err *err = arg;

    mine.db = db_take(site.db, DB_RO);
    *err =
        session_sign_in(&mine, "ada@example.org", STR("guess"), "192.0.2.7", &session);
    db_give(site.db, mine.db);
    arena_free(mine.arena);
    return NULL;
}

/* Attempts that are sent together are counted one by one; readers need no writer while a
 * password is hashed. */
Test(session, guesses_at_once_are_counted)
{
    enum {
        N = 14
    };
    pthread_t threads[N];
    enum err errs[N];
    int refused = 0, slowed = 0;

    db_give(site.db, cx.db);
    for (int i = 0; i < N; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, sign_in_beside, &errs[i]), 0);
    for (int i = 0; i < N; i++) {
        pthread_join(threads[i], NULL);
        refused += errs[i] == ERR_UNAUTHENTICATED;
        slowed += errs[i] == ERR_RATE;
    }
    cx.db = db_take(site.db, DB_RW);
    cr_assert_eq(refused, 10);
    cr_assert_eq(slowed, N - 10);
}

Test(session, networks_are_the_unit_of_addresses)
{
    static const struct {
        const char *address, *network;
    } table[] = {
        {"192.0.2.77", "192.0.2.0/24"},
        {"2001:db8:1:2:3:4:5:6", "2001:0db8:0001:0002::/64"},
        {"::1", "0000:0000:0000:0000::/64"},
        {"somewhere", "somewhere"},
    };
    char out[64];

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        throttle_network(table[i].address, out);
        cr_assert_str_eq(out, table[i].network);
    }
}

Test(session, throttle_gives_back_and_forgives)
{
    static const struct throttle two = {"test", 2, 10};
    int wait;

    MUST(throttle_take(&cx, &two, "k", &wait));
    MUST(throttle_take(&cx, &two, "k", &wait));
    cr_assert_eq(wait, 0);
    MUST(throttle_take(&cx, &two, "k", &wait));
    cr_assert_eq(wait, 10);
    MUST(throttle_give_back(&cx, &two, "k"));
    MUST(throttle_take(&cx, &two, "k", &wait));
    cr_assert_eq(wait, 0);
    MUST(throttle_take(&cx, &two, "other", &wait));
    cr_assert_eq(wait, 0, "keys are apart");
    MUST(throttle_forgive(&cx, &two, "k"));
    MUST(throttle_take(&cx, &two, "k", &wait));
    MUST(throttle_take(&cx, &two, "k", &wait));
    cr_assert_eq(wait, 0);
}

Test(session, writer_is_borrowed_and_given_back)
{
    struct db *reader;

    db_give(site.db, cx.db);
    cx.db = reader = db_take(site.db, DB_RO);
    {
        WRITER_SCOPE(writer, &cx);
        cr_assert(db_is_writer(cx.db));
        {
            WRITER_SCOPE(again, &cx);
            cr_assert(db_is_writer(cx.db));
        }
        cr_assert(db_is_writer(cx.db));
    }
    cr_assert_eq(cx.db, reader);
    db_give(site.db, reader);
    cx.db = db_take(site.db, DB_RW);
}
