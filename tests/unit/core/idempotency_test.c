/* idempotency_test.c -- one key, one request, one answer. */
#include "datasite/core/idempotency.h"
#include "tests/unit/core/made_site.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

TestSuite(idempotency, .init = site_make, .fini = site_drop);

static const struct idempotency answer = {.status = 201,
    .body = STR("{\"token\":\"dsk_very_secret\"}"),
    .location = "/api/v1/tokens/tok_1",
    .etag = "tok_1-1"};

static struct digest
print(const char *text)
{
    return digest_bytes(str_of(text));
}

Test(idempotency, second_time_gets_the_first_answer)
{
    struct idempotency got;

    act_as("usr_1", ROLE_RESEARCHER);
    MUST(idempotency_begin(&cx, "k1", print("request"), &got));
    cr_assert_not(got.replay);
    MUST(idempotency_finish(&cx, "k1", print("request"), &answer));
    MUST(idempotency_begin(&cx, "k1", print("request"), &got));
    cr_assert(got.replay);
    cr_assert_eq(got.status, 201);
    cr_assert(str_eq(got.body, answer.body));
    cr_assert_str_eq(got.location, answer.location);
    cr_assert_str_eq(got.etag, answer.etag);
}

Test(idempotency, other_request_under_the_same_key_is_refused)
{
    struct idempotency got;

    act_as("usr_1", ROLE_RESEARCHER);
    MUST(idempotency_finish(&cx, "k1", print("request"), &answer));
    MUST_FAIL(ERR_UNPROCESSABLE, idempotency_begin(&cx, "k1", print("another"), &got));
    act_as("usr_2", ROLE_RESEARCHER);
    MUST(idempotency_begin(&cx, "k1", print("another"), &got));
    cr_assert_not(got.replay, "keys of people are apart");
}

Test(idempotency, answer_is_kept_for_a_day)
{
    struct idempotency got;

    act_as("usr_1", ROLE_RESEARCHER);
    MUST(idempotency_finish(&cx, "k1", print("request"), &answer));
    later(IDEMPOTENCY_KEEP_S - 1);
    MUST(idempotency_begin(&cx, "k1", print("request"), &got));
    cr_assert(got.replay);
    later(1);
    MUST(idempotency_begin(&cx, "k1", print("request"), &got));
    cr_assert_not(got.replay);
    MUST(idempotency_finish(&cx, "k1", print("request"), &answer));
}

Test(idempotency, answer_rests_sealed_and_bound_to_its_row)
{
    struct idempotency got;
    char command[128];

    act_as("usr_1", ROLE_RESEARCHER);
    MUST(idempotency_finish(&cx, "k1", print("request"), &answer));
    snprintf(command, sizeof command, "grep -rqa dsk_very_secret %s", site_folder);
    cr_assert_neq(system(command), 0);
    edit_by_hand("UPDATE idempotency SET key = 'k2'");
    MUST_FAIL(ERR_DB, idempotency_begin(&cx, "k2", print("request"), &got));
}

Test(idempotency, keys_are_short_and_visible)
{
    char long_key[IDEMPOTENCY_KEY_BYTES_MAX + 2];
    struct idempotency got;

    memset(long_key, 'k', sizeof long_key);
    long_key[sizeof long_key - 1] = '\0';
    MUST_FAIL(ERR_INVALID, idempotency_begin(&cx, long_key, print("r"), &got));
    MUST(idempotency_begin(&cx, long_key + 1, print("r"), &got));
    MUST_FAIL(ERR_INVALID, idempotency_begin(&cx, "", print("r"), &got));
    MUST_FAIL(ERR_INVALID, idempotency_begin(&cx, "a b", print("r"), &got));
    MUST_FAIL(ERR_INVALID, idempotency_begin(&cx, "\xC3\xBC", print("r"), &got));
}
