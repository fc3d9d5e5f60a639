/* courier_test.c -- letters go in order, again after a failure, and not for ever; nobody
 * is told what they may not see. */
#include "datasite/core/audit.h"
#include "datasite/core/courier.h"
#include "datasite/core/event.h"
#include "datasite/core/webhook.h"
#include "tests/unit/core/made_site.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define LETTERS_MAX 64

/* A port that keeps what it is given, and refuses while it is told to. */
static struct bag {
    bool refuses;
    size_t n;
    char event[LETTERS_MAX][24], to[LETTERS_MAX][64], body[LETTERS_MAX][2000];
} bag;

static enum err
carry(void *self, struct diag *d, const struct letter *l)
{
    struct bag *b = self;

    cr_assert_lt(b->n, LETTERS_MAX);
    snprintf(b->event[b->n], sizeof b->event[0], "%s", l->event);
    snprintf(b->to[b->n], sizeof b->to[0], "%s", l->url != NULL ? l->url : l->to);
    snprintf(b->body[b->n], sizeof b->body[0], "%.*s", (int)l->body.len, l->body.ptr);
    b->n++;
    return b->refuses ? FAIL(d, ERR_IO, "nobody there") : ERR_OK;
}

static struct courier_port port = {.carry = carry, .self = &bag};
static const char *ada, *bob;

/* The courier takes its own connections: the test's one writes. */
static void
round_made(void)
{
    struct ctx courier = cx;

    db_give(site.db, cx.db);
    courier.db = NULL;
    courier.actor = (struct actor){.roles = ROLE_SYSTEM};
    cr_assert_eq(courier_round(&courier, &port), ERR_OK, "%s", courier.diag.text);
    cx.db = db_take(site.db, DB_RW);
}

static void
people_made(void)
{
    site_make();
    bag = (struct bag){0};
    port.mail = false;
    snprintf(site.name, sizeof site.name, "Test");
    ada = user_made("ada@example.org", ROLE_RESEARCHER);
    bob = user_made("bob@example.org", ROLE_RESEARCHER);
}

TestSuite(courier, .init = people_made, .fini = site_drop);

static struct webhook
hook_made(const char *user_id, const char *url)
{
    char secret[WEBHOOK_SECRET_BYTES];
    struct webhook w;

    act_as(user_id, ROLE_RESEARCHER);
    MUST(webhook_create(&cx, url, &w, secret));
    return w;
}

/* Bob does something about a project that concerns the user. */
static void
told(const char *user_id, const char *subject, const char *reason)
{
    later(1);
    act_as(bob, ROLE_RESEARCHER);
    MUST(audit_append(
        &cx, "project.update", subject, json_pack("{s:s}", "reason", reason)));
    MUST(event_emit(&cx, "project.state", subject, NULL, user_id, "changed"));
}

static struct webhook
hook_now(const char *user_id)
{
    struct webhook *list;
    size_t n;

    act_as(user_id, ROLE_RESEARCHER);
    MUST(webhook_list(&cx, NULL, 10, &list, &n));
    cr_assert_eq(n, 1);
    return list[0];
}

Test(courier, tells_in_order_and_once)
{
    hook_made(ada, "https://example.org/a");
    round_made();
    cr_assert_eq(bag.n, 0, "nothing is told of what was before");
    told(ada, "one", "because");
    told(bob, "two", "");
    told(ada, "three", "");
    round_made();
    round_made();
    cr_assert_eq(bag.n, 2, "%zu letters", bag.n);
    cr_assert_not_null(strstr(bag.body[0], "\"reason\":\"because\""));
    cr_assert_not_null(strstr(bag.body[0], "\"person\":\"bob@example.org\""));
    cr_assert_not_null(
        strstr(bag.body[0], "\"link\":\"http://127.0.0.1:8080/projects/one\""));
    cr_assert_not_null(strstr(bag.body[1], "\"subject\":\"three\""));
}

Test(courier, comes_back_later_and_later_and_gives_up)
{
    static const int64_t pauses[] = {1, 4, 16, 64, 256, 1024, 3600};

    hook_made(ada, "https://example.org/a");
    told(ada, "one", "");
    told(ada, "two", "");
    bag.refuses = true;
    round_made();
    for (size_t i = 0; i < sizeof pauses / sizeof pauses[0]; i++) {
        cr_assert_eq(bag.n, i + 1);
        later(pauses[i] - 1);
        round_made();
        cr_assert_eq(bag.n, i + 1, "too early after %zu", i);
        later(1);
        round_made();
    }
    cr_assert_eq(bag.n, COURIER_TRIES);
    for (size_t i = 1; i < bag.n; i++)
        cr_assert_str_eq(bag.event[i], bag.event[0], "the second waits for the first");
    cr_assert_str_eq(hook_now(ada).state, "given_up");
    cr_assert_str_eq(hook_now(ada).last_error, "nobody there");
    later(86400);
    round_made();
    cr_assert_eq(bag.n, COURIER_TRIES);
}

Test(courier, goes_on_after_a_failure)
{
    hook_made(ada, "https://example.org/a");
    told(ada, "one", "");
    bag.refuses = true;
    round_made();
    cr_assert_eq(hook_now(ada).failures, 1);
    bag.refuses = false;
    told(ada, "two", "");
    later(1);
    round_made();
    cr_assert_eq(bag.n, 3);
    cr_assert_str_eq(bag.event[1], bag.event[0]);
    cr_assert_eq(hook_now(ada).failures, 0);
    cr_assert_str_eq(hook_now(ada).last_error, "");
}

Test(courier, tells_nobody_who_was_suspended)
{
    struct user_change change = {.suspended = 1};
    struct user user;

    hook_made(ada, "https://example.org/a");
    told(ada, "one", "");
    cx.actor = (struct actor){.roles = ROLE_SYSTEM};
    MUST(user_update(&cx, ada, &change, &user));
    round_made();
    cr_assert_eq(bag.n, 0);
}

Test(courier, tells_everybody_of_everything_to_an_administrator)
{
    const char *root = user_made("root@example.org", ROLE_ADMIN);
    char secret[WEBHOOK_SECRET_BYTES];
    struct webhook w;

    act_as(root, ROLE_ADMIN);
    MUST(webhook_create(&cx, "https://example.org/root", &w, secret));
    told(ada, "one", "");
    round_made();
    cr_assert_eq(bag.n, 1);
}

Test(courier, mails_what_others_did)
{
    port.mail = true;
    round_made(); /* everybody has a channel from here on */
    told(ada, "one", "because");
    told(bob, "two", "");
    round_made();
    cr_assert_eq(bag.n, 1, "bob did the second himself");
    cr_assert_str_eq(bag.to[0], "ada@example.org");
    cr_assert_not_null(strstr(bag.body[0], "Reason: because\n"));
}

Test(courier, looks_past_what_concerns_others)
{
    hook_made(ada, "https://example.org/a");
    for (int i = 0; i < 300; i++)
        MUST(event_emit(&cx, "project.state", "other", NULL, bob, "changed"));
    round_made();
    told(ada, "one", "");
    round_made();
    cr_assert_eq(bag.n, 1);
}

Test(courier, a_secret_is_of_one_webhook)
{
    char one[WEBHOOK_SECRET_BYTES], two[WEBHOOK_SECRET_BYTES];
    char a[WEBHOOK_SIGNATURE_BYTES], b[WEBHOOK_SIGNATURE_BYTES];

    webhook_secret(site.keys, "whk_1", one);
    webhook_secret(site.keys, "whk_2", two);
    cr_assert_str_neq(one, two);
    webhook_sign("key", 7, STR("body"), a);
    cr_assert_eq(strncmp(a, "t=7,v1=", 7), 0);
    cr_assert_eq(strlen(a), 7 + 64);
    webhook_sign("key", 8, STR("body"), b);
    cr_assert_str_neq(a + 4, b + 4);
}
