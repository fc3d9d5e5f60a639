/* release_test.c -- results wait, leave once, and carry a receipt that shows any
 * change. */
#include "datasite/base/enc.h"
#include "datasite/core/receipt.h"
#include "datasite/core/sealed.h"
#include "tests/unit/core/made_job.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

TestSuite(release, .init = job_site_make, .fini = site_drop);

static void
result_stored(struct job *j, bool exact)
{
    json_auto_t *outputs = json_pack("{s:i, s:f}", "n", 4, "mean", 1.5);
    json_auto_t *measurements =
        json_pack("[{s:s, s:s, s:s, s:s, s:b}]", "label", "count", "mechanism",
            "discrete_laplace", "epsilon", "1", "rho", "0.5", "exact", (int)exact);

    as_system();
    MUST(release_hold(&cx, j, j->run_id, outputs, measurements, STR("log")));
}

static struct job
job_held_with(int n, bool exact)
{
    struct job j = job_running(n, NANO);

    result_stored(&j, exact);
    MUST(job_move(&cx, &j, JOB_HELD, NULL));
    return j;
}

static enum err
decided(struct job *j, bool release, const char *comment)
{
    const struct release_word word = {.release = release, .comment = comment};

    return release_decide(&cx, j, &word);
}

static struct job
job_held(int n)
{
    return job_held_with(n, false);
}

#define EXCEPTIONS(when)                                                  \
    "{\"name\":\"one\",\"title\":\"One\",\"lanes\":{\"dp\":{\"release\":" \
    "\"held\"}},\"output\":{\"exceptions\":\"" when "\"}}"

/* An exact answer without evidence fails. */
Test(release, exceptions_are_the_policys)
{
    struct job j;

    wards_policy(EXCEPTIONS("never"));
    j = job_held_with(1, true);
    as_owner();
    MUST_FAIL(ERR_DISCLOSURE, decided(&j, true, "I answer for it."));
    wards_policy(EXCEPTIONS("comment"));
    as_owner();
    MUST_FAIL(ERR_DISCLOSURE, decided(&j, true, ""));
    MUST(decided(&j, true, "I answer for it."));
    cr_expect_eq(j.state, JOB_RELEASED);
}

Test(release, is_the_owners_to_decide)
{
    struct job j = job_held(1);

    as_ada();
    MUST_FAIL(ERR_FORBIDDEN, decided(&j, true, ""));
    as_owner();
    MUST(decided(&j, true, "fine"));
    cr_assert_eq(j.state, JOB_RELEASED);
    MUST_FAIL(ERR_CONFLICT_STATE, decided(&j, true, ""));
    MUST_FAIL(ERR_CONFLICT_STATE, decided(&j, false, ""));
}

/* Nor does an owner who asked. */
Test(release, nobody_releases_their_own)
{
    struct job j = job_held(1);

    edit_by_hand("UPDATE job SET author_id = (SELECT owner_id FROM dataset)");
    MUST(job_by_id(&cx, j.id, &j));
    as_owner();
    MUST_FAIL(ERR_FORBIDDEN, decided(&j, true, ""));
    MUST_FAIL(ERR_FORBIDDEN, decided(&j, false, ""));
}

/* Whatever the state of its job says. */
Test(release, a_result_leaves_once)
{
    struct job j = job_held(1);

    edit_by_hand("UPDATE result SET released_us = 1");
    as_owner();
    MUST_FAIL(ERR_CONFLICT, decided(&j, true, ""));
}

Test(release, withheld_makes_no_receipt)
{
    struct job j = job_held(1);
    struct result result;

    as_owner();
    MUST(decided(&j, false, "too few"));
    cr_assert_eq(j.state, JOB_WITHHELD);
    MUST(release_load(&cx, j.id, &result));
    cr_assert_null(result.receipt_json);
}

Test(release, nothing_is_released_before_a_run)
{
    struct job j = job_checked(1, NANO);
    struct result result;

    as_owner();
    MUST_FAIL(ERR_CONFLICT_STATE, decided(&j, true, ""));
    MUST_FAIL(ERR_NOT_FOUND, release_load(&cx, j.id, &result));
}

Test(release, the_receipt_shows_any_change)
{
    struct job j = job_held(1);
    json_auto_t *signed_receipt = NULL, *names = NULL;
    json_t *receipt, *value;
    struct result result;
    const char *name;

    as_owner();
    MUST(decided(&j, true, ""));
    MUST(release_load(&cx, j.id, &result));
    MUST(json_parse(&cx.diag, str_of(result.receipt_json), &signed_receipt));
    cr_assert(receipt_verify(&cx.diag, signed_receipt, keys_public(site.keys)));
    receipt = json_object_get(signed_receipt, "receipt");
    names = json_copy(receipt);
    json_object_foreach(names, name, value)
    {
        json_object_set_new(receipt, name, json_string("another"));
        cr_assert_not(receipt_verify(&cx.diag, signed_receipt, keys_public(site.keys)),
            "%s", name);
        json_object_set(receipt, name, value);
    }
    cr_assert(receipt_verify(&cx.diag, signed_receipt, keys_public(site.keys)));
}

Test(release, another_key_does_not_verify)
{
    struct job j = job_held(1);
    json_auto_t *signed_receipt = NULL;
    struct result result;
    uint8_t other[32] = {1};

    as_owner();
    MUST(decided(&j, true, ""));
    MUST(release_load(&cx, j.id, &result));
    MUST(json_parse(&cx.diag, str_of(result.receipt_json), &signed_receipt));
    cr_assert_not(receipt_verify(&cx.diag, signed_receipt, other));
    diag_clear(&cx.diag);
    json_object_set_new(signed_receipt, "signature", json_string("AAAA"));
    cr_assert_not(receipt_verify(&cx.diag, signed_receipt, keys_public(site.keys)));
}

/* What the key signs for another purpose is no receipt. */
Test(release, a_signature_is_of_receipts_alone)
{
    struct job j = job_held(1);
    json_auto_t *signed_receipt = NULL;
    char text[128];
    uint8_t signature[64];
    struct result result;
    BUF_SCOPE(bare);

    as_owner();
    MUST(decided(&j, true, ""));
    MUST(release_load(&cx, j.id, &result));
    MUST(json_parse(&cx.diag, str_of(result.receipt_json), &signed_receipt));
    buf_init(&bare, BODY_BYTES_MAX);
    MUST(json_canonical(&cx.diag, json_object_get(signed_receipt, "receipt"), &bare));
    keys_sign(site.keys, buf_str(&bare), signature);
    json_object_set_new(signed_receipt, "signature",
        json_string(base64url_text(signature, sizeof signature, text)));
    cr_assert_not(receipt_verify(&cx.diag, signed_receipt, keys_public(site.keys)));
}

Test(release, evidence_is_sealed_to_its_job)
{
    struct job j = job_held_with(1, true), other = job_held(2);
    json_auto_t *kept = NULL, *none = NULL, *moved = NULL;
    char sql[160];

    MUST(sealed_evidence(&cx, j.id, &kept));
    cr_assert_eq(json_array_size(kept), 1);
    MUST(sealed_evidence(&cx, other.id, &none));
    cr_assert_eq(json_array_size(none), 0);
    snprintf(sql, sizeof sql,
        "INSERT INTO result_evidence SELECT '%s', sealed FROM result_evidence",
        other.id);
    edit_by_hand(sql);
    cr_assert_neq(sealed_evidence(&cx, other.id, &moved), ERR_OK);
}

Test(release, commits_to_the_data_without_showing_their_digest)
{
    struct job j = job_held(1);
    json_auto_t *signed_receipt = NULL;
    const char *commitment;
    struct result result;

    as_owner();
    MUST(decided(&j, true, ""));
    MUST(release_load(&cx, j.id, &result));
    MUST(dataset_by_id(&cx, wards.id, &wards));
    MUST(dataset_commitment(&cx, wards.id, 1, &commitment));
    cr_assert_not_null(strstr(result.receipt_json, commitment));
    cr_assert_null(strstr(result.receipt_json, wards.data_sha256));
}

/* A site may be brought up to date while a result waits. */
Test(release, the_receipt_names_the_runtime_of_the_run)
{
    struct job j = job_held(1);
    json_auto_t *proof = NULL;
    struct result r;
    char ran[sizeof site.runtime];

    memcpy(ran, site.runtime, sizeof ran);
    strcpy(site.runtime, "another"); // NOLINT: it has the room
    as_owner();
    MUST(decided(&j, true, ""));
    MUST(release_load(&cx, j.id, &r));
    MUST(json_parse(&cx.diag, str_of(r.receipt_json), &proof));
    cr_expect_str_eq(json_string_value(
                         json_object_get(json_object_get(proof, "receipt"), "runtime")),
        ran);
}
