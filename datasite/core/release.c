/* release.c -- the second gate: results that wait, the act of letting go, the
 * receipt. */
#include "datasite/core/release.h"

#include "datasite/base/enc.h"
#include "datasite/core/audit.h"
#include "datasite/core/differencing.h"
#include "datasite/core/event.h"
#include "datasite/core/field.h"
#include "datasite/core/keys.h"
#include "datasite/core/leaves.h"
#include "datasite/core/sealed.h"
#include "datasite/core/site.h"
#include "datasite/core/slot.h"
#include "datasite/core/suppress.h"
#include "policies/outcheck.h"

#include <stdio.h>
#include <string.h>

#define SIGNATURE_BYTES  64
#define KEY_BYTES        32
#define RESULT_BYTES_MAX (16 << 20)
#define RELEASABLE       "disclosure_control" /* the check that sums up the others */
#define RELEASES_NAMED   5                    /* in a refusal; the check names all */

static enum err
text_of(struct ctx *cx, const json_t *v, const char **out)
{
    BUF_SCOPE(text);

    buf_init(&text, RESULT_BYTES_MAX);
    TRY(json_text(&cx->diag, v, &text));
    *out = arena_strn(cx->arena, text.ptr, text.len);
    return *out != NULL ? ERR_OK
                        : FAIL(&cx->diag, ERR_TOO_LARGE, "the result is too large");
}

static json_t *
check_json(const char *name, bool met, const char *detail)
{
    return json_pack(
        "{s:s, s:b, s:s}", "name", name, "met", (int)met, "detail", detail);
}

static bool
all_met(const json_t *checks)
{
    const json_t *c;
    size_t i;

    json_array_foreach(checks, i, c)
    {
        if (!json_is_true(json_object_get(c, "met")))
            return false;
    }
    return true;
}

/* How many of the numbers are exact; then, where some are, the rules of disclosure
 * control over the evidence that came with them (a program over rows has none), and what
 * else was looked at. */
static json_t *
checks_json(const struct job *j, const json_t *measurements,
    const struct sdc_limits *limits, const json_t *more)
{
    struct sdc_tally tally = {0};
    size_t i, exact = 0;
    const json_t *m;
    json_t *list = json_array();
    json_auto_t *tallied = NULL;
    char detail[96];

    json_array_foreach(measurements, i, m)
    {
        if (!json_is_true(json_object_get(m, "exact")))
            continue;
        sdc_json_check(limits, json_object_get(m, "evidence"), &tally);
        exact++;
    }
    snprintf(detail, sizeof detail, "%zu of %zu measurements are exact", exact,
        json_array_size(measurements));
    json_array_append_new(list,
        check_json("differentially_private", exact == 0 && j->lane == LANE_DP, detail));
    tallied = sdc_tally_json(limits, &tally);
    json_array_extend(tallied, (json_t *)(uintptr_t)more);
    json_array_extend(list, tallied);
    json_array_append_new(list,
        check_json(RELEASABLE,
            all_met(tallied) || limits->exceptions == SDC_EXCEPT_FREE,
            limits->exceptions == SDC_EXCEPT_FREE ? "the checks advise"
                : limits->exceptions == SDC_EXCEPT_COMMENT
                ? "an exception needs a comment that says why"
                : "the policy knows no exceptions"));
    return list;
}

/* Measurements as they are kept and shown: evidence is not for their reader. */
static json_t *
without_evidence(const json_t *measurements)
{
    json_t *list = json_array(), *m;
    size_t i;

    json_array_foreach(measurements, i, m)
    {
        json_t *one = json_copy(m);
        (void)json_object_del(one, "evidence");
        json_array_append_new(list, one);
    }
    return list;
}

static enum err
output_rules(struct ctx *cx, const struct job *j, struct sdc_limits *out)
{
    struct dataset ds;
    struct policy policy;

    TRY(dataset_by_id(cx, j->dataset_id, &ds));
    TRY(dataset_policy(cx, &ds, &policy));
    *out = policy.output;
    return ERR_OK;
}

/* What an exact or row-wise result is made of, beside what its answers tell. */
static enum err
output_checks(struct ctx *cx, const struct job *j, const struct sdc_limits *limits,
    struct suppressed *kept)
{
    json_auto_t *texts = json_object(), *list = NULL;
    struct job_version version;
    struct schema schema;
    struct dataset ds;

    if (j->lane == LANE_DP)
        return ERR_OK;
    TRY(dataset_by_id(cx, j->dataset_id, &ds));
    TRY(dataset_schema(cx, &ds, &schema));
    TRY(job_version_by(cx, j, j->version, &version));
    TRY(outcheck_categories(&cx->diag, &schema, texts));
    TRY(outcheck_literals(&cx->diag, str_of(version.source), texts));
    list = outcheck(limits, kept->outputs, kept->own, texts);
    return json_array_extend(kept->checks, list) == 0
        ? ERR_OK
        : FAIL(&cx->diag, ERR_INTERNAL, "no memory for the checks");
}

enum err
release_hold(struct ctx *cx, const struct job *j, const char *run_id,
    const json_t *outputs, const json_t *measurements, struct str log)
{
    json_auto_t *checks = NULL, *shown = NULL;
    SUPPRESSED_SCOPE(kept);
    const char *outputs_text, *measurements_text, *checks_text, *log_text;
    struct sdc_limits limits;
    char sha256[65];

    TRY(output_rules(cx, j, &limits));
    TRY(suppress(cx, j, outputs, measurements, &limits, &kept));
    TRY(output_checks(cx, j, &limits, &kept));
    checks = checks_json(j, kept.measurements, &limits, kept.checks);
    shown = without_evidence(kept.measurements);
    TRY(text_of(cx, kept.outputs, &outputs_text));
    TRY(text_of(cx, shown, &measurements_text));
    TRY(text_of(cx, checks, &checks_text));
    log_text = arena_strn(cx->arena, log.len > 0 ? log.ptr : "", log.len);
    if (log_text == NULL)
        return FAIL(&cx->diag, ERR_TOO_LARGE, "the log is too large");
    digest_text(digest_sha256(str_of(outputs_text)), sha256);
    TRY(sealed_keep(cx, j->id, kept.measurements));
    return db_run(cx->db, &cx->diag, NULL, STMT_RESULT_INSERT, j->id, run_id,
        outputs_text, measurements_text, log_text, checks_text, sha256, cx->now.us);
}

enum err
release_load(struct ctx *cx, const char *job_id, struct result *out)
{
    const char *comment;
    enum err err;

    err = db_one(cx->db, &cx->diag, cx->arena, STMT_RESULT_BY_JOB, job_id, &out->run_id,
        &out->outputs_json, &out->measurements_json, &out->log, &out->sha256,
        &out->checks_json, &out->receipt_json, &out->made.us, &out->released.us,
        &comment);
    if (err == ERR_NOT_FOUND) {
        diag_clear(&cx->diag);
        return FAIL(&cx->diag, ERR_NOT_FOUND, "there is no result");
    }
    return err;
}

/* The receipt */

/* Measurements as a receipt names them: texts alone, so that there is one way to write
 * them down. */
static json_t *
measurements_named(const json_t *measurements)
{
    static const char *const members[] = {
        "label", "mechanism", "epsilon", "rho", "delta", "error95"};
    json_t *list = json_array();
    const json_t *m;
    size_t i;

    json_array_foreach(measurements, i, m)
    {
        json_t *one = json_object();
        for (size_t k = 0; k < sizeof members / sizeof members[0]; k++) {
            json_t *v = json_object_get(m, members[k]);
            if (json_is_string(v) || json_is_null(v))
                json_object_set(one, members[k], v);
        }
        json_array_append_new(list, one);
    }
    return list;
}

/* What the job cost in total, from its cap. */
static enum err
totals_add(
    struct ctx *cx, const struct job *j, const struct dataset *ds, json_t *receipt)
{
    struct ledger_party party = job_party(j);
    char epsilon[32], rho[32], delta[32];
    struct budget spent;
    struct cap cap;

    TRY(ledger_cap(cx, CAP_JOB, &party, &cap));
    spent = (struct budget){.eps_nano = cap.spent_nano,
        .rho_nano = cap.spent_nano,
        .delta_atto = cap.spent_atto};
    nano_text(accountant_eps_nano(ds->accounting, spent, ds->delta_atto), epsilon);
    json_object_set_new(receipt, "epsilon", json_string(epsilon));
    json_object_set_new(receipt, "rho",
        ds->accounting == ACCOUNT_ZCDP ? json_string(nano_text(cap.spent_nano, rho))
                                       : json_null());
    json_object_set_new(receipt, "delta",
        json_string(
            ds->accounting == ACCOUNT_ZCDP ? atto_text(ds->delta_atto, delta) : "0"));
    return ERR_OK;
}

static enum err
receipt_make(struct ctx *cx, const struct job *j, const struct result *r, json_t **out)
{
    json_auto_t *measurements = NULL;
    const char *commitment;
    struct dataset ds;
    struct policy policy;
    struct digest head;
    int64_t entries;
    bool in_slot;
    char time[32], policy_sha256[65], head_text[65];

    TRY(dataset_by_id(cx, j->dataset_id, &ds));
    TRY(dataset_policy(cx, &ds, &policy));
    TRY(dataset_commitment(cx, ds.id, j->data_version, &commitment));
    TRY(audit_head(cx, &entries, &head));
    TRY(slot_in_use(cx, r->run_id, &in_slot));
    TRY(json_parse(&cx->diag, str_of(r->measurements_json), &measurements));
    *out =
        json_pack("{s:i, s:s, s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:s, "
                  "s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:s, s:{s:o, s:s}}",
            "version", 1, "site", cx->site->name, "site_url", cx->site->url, "job",
            j->id, "job_version", (json_int_t)j->version, "run", r->run_id, "title",
            j->title, "project", j->project_id, "purpose", j->purpose, "researcher",
            j->author_id, "dataset", j->dataset_name, "data_version",
            (json_int_t)j->data_version, "data_commitment", commitment, "lane",
            lane_name(j->lane), "policy", policy.name, "policy_sha256",
            digest_text(digest_sha256(str_of(ds.policy_json)), policy_sha256),
            "source_sha256", j->source_sha256, "runtime", cx->site->runtime,
            "measurements", measurements_named(measurements), "result_sha256",
            r->sha256, "released_at", clock_text(cx->now, time), "audit", "entries",
            in_slot ? json_null() : json_integer(entries), "head",
            digest_text(head, head_text));
    if (*out == NULL)
        return FAIL(&cx->diag, ERR_INTERNAL, "no memory for a receipt");
    return totals_add(cx, j, &ds, *out);
}

static enum err
receipt_message(struct diag *d, const json_t *receipt, struct buf *out)
{
    buf_init(out, RESULT_BYTES_MAX);
    buf_addz(out, RECEIPT_DOMAIN);
    return json_canonical(d, receipt, out);
}

static enum err
receipt_sign(struct ctx *cx, const json_t *receipt, const char **out)
{
    uint8_t signature[SIGNATURE_BYTES];
    char signature_text[2 * SIGNATURE_BYTES], key_text[2 * KEY_BYTES];
    json_auto_t *doc = NULL;
    BUF_SCOPE(message);

    TRY(receipt_message(&cx->diag, receipt, &message));
    keys_sign(cx->site->keys, buf_str(&message), signature);
    doc = json_pack("{s:O, s:s, s:s, s:o}", "receipt", receipt, "signature",
        base64url_text(signature, sizeof signature, signature_text), "key",
        base64url_text(keys_public(cx->site->keys), KEY_BYTES, key_text), "digests",
        leaves_digests(receipt));
    return text_of(cx, doc, out);
}

bool
receipt_verify(struct diag *d, const json_t *signed_receipt, const uint8_t key[32])
{
    const json_t *receipt = json_object_get(signed_receipt, "receipt");
    const char *text = json_string_value(json_object_get(signed_receipt, "signature"));
    uint8_t signature[SIGNATURE_BYTES];
    size_t n = 0;
    BUF_SCOPE(message);

    if (!json_is_object(receipt) || text == NULL ||
        !base64url_parse(str_of(text), signature, sizeof signature, &n) ||
        n != sizeof signature)
        return false;
    return receipt_message(d, receipt, &message) == ERR_OK &&
        keys_verify(key, buf_str(&message), signature);
}

/* Letting go */

enum err
release_publish(struct ctx *cx, struct job *j, const char *comment)
{
    json_auto_t *receipt = NULL;
    struct result result;
    const char *text;
    int64_t changed;

    TRY(release_load(cx, j->id, &result));
    TRY(job_move(cx, j, JOB_RELEASED,
        json_pack("{s:s, s:s}", "result_sha256", result.sha256, "comment", comment)));
    TRY(receipt_make(cx, j, &result, &receipt));
    TRY(receipt_sign(cx, receipt, &text));
    TRY(db_run(cx->db, &cx->diag, &changed, STMT_RESULT_RELEASED, j->id, cx->now.us,
        comment, text));
    if (changed != 1)
        return FAIL(&cx->diag, ERR_CONFLICT, "the result was released before");
    return ERR_OK;
}

static bool
is_met(const json_t *checks, const char *name)
{
    const json_t *c;
    size_t i;

    json_array_foreach(checks, i, c)
    {
        const char *n = json_string_value(json_object_get(c, "name"));
        if (n != NULL && strcmp(n, name) == 0)
            return json_is_true(json_object_get(c, "met"));
    }
    return true; /* stored before there was such a check */
}

/* Before the check that sums up, which may now say no. */
static enum err
comparison_add(struct ctx *cx, const struct differencing *x,
    const struct sdc_limits *limits, json_t *checks)
{
    size_t last = json_array_size(checks);
    json_t *one = check_json("differencing", !x->found && !x->incomplete, x->detail);
    json_t *sum = last > 0 ? json_array_get(checks, last - 1) : NULL;

    if (one == NULL ||
        json_object_set_new(one, "threshold", json_integer(x->threshold)) != 0 ||
        json_object_set(one, "releases", x->releases) != 0 ||
        json_array_insert_new(checks, last > 0 ? last - 1 : 0, one) != 0)
        return FAIL(&cx->diag, ERR_INTERNAL, "the checks could not be noted");
    if (json_array_size(x->releases) > 0 ||
        ((x->found || x->incomplete) && limits->exceptions != SDC_EXCEPT_FREE))
        json_object_set_new(sum, "met", json_false());
    return ERR_OK;
}

enum err
release_checks(struct ctx *cx, const struct job *j, const struct result *r,
    struct differencing *with, json_t **out)
{
    struct sdc_limits limits;

    TRY(json_parse(&cx->diag, str_of(r->checks_json), out));
    if (j->state != JOB_HELD || j->lane == LANE_DP)
        return ERR_OK;
    TRY(output_rules(cx, j, &limits));
    TRY(differencing_look(cx, j, limits.persons_min, with));
    return with->tried ? comparison_add(cx, with, &limits, *out) : ERR_OK;
}

/* Told once, a difference cannot be taken back: there are no exceptions. */
static enum err
differencing_allows(struct ctx *cx, const struct differencing *x)
{
    size_t at = 0, n = json_array_size(x->releases);

    if (n == 0)
        return ERR_OK;
    at = (size_t)snprintf(cx->diag.extra, sizeof cx->diag.extra, "{\"releases\":[");
    for (size_t i = 0; i < n && i < RELEASES_NAMED; i++) {
        at += (size_t)snprintf(cx->diag.extra + at, sizeof cx->diag.extra - at,
            "%s\"%s\"", i > 0 ? "," : "",
            json_string_value(json_array_get(x->releases, i)));
    }
    snprintf(cx->diag.extra + at, sizeof cx->diag.extra - at, "]}");
    return FAIL(&cx->diag, ERR_DISCLOSURE, "%s", x->detail);
}

/* A result that fails a check goes nowhere, or only with the owner's reason. */
static enum err
disclosure_allows(struct ctx *cx, const struct job *j, const char *comment)
{
    DIFFERENCING_SCOPE(with);
    json_auto_t *checks = NULL;
    struct sdc_limits limits;
    struct result r;
    const char *text;

    TRY(release_load(cx, j->id, &r));
    TRY(release_checks(cx, j, &r, &with, &checks));
    TRY(differencing_allows(cx, &with));
    TRY(text_of(cx, checks, &text));
    TRY(db_run(cx->db, &cx->diag, NULL, STMT_RESULT_CHECKED, j->id, text));
    TRY(output_rules(cx, j, &limits));
#ifdef MUTANT_RULE_EXCEPTIONS
    limits.exceptions = SDC_EXCEPT_FREE;
#endif
    if (is_met(checks, RELEASABLE) || limits.exceptions == SDC_EXCEPT_FREE)
        return ERR_OK;
    if (limits.exceptions == SDC_EXCEPT_NEVER) {
        return FAIL(&cx->diag, ERR_DISCLOSURE,
            "checks of the sealed result fail and the policy knows no exceptions");
    }
    if (comment[0] == '\0') {
        return FAIL_FIELD(&cx->diag, ERR_DISCLOSURE, "/comment",
            "checks of the sealed result fail: an exception needs a comment");
    }
    return ERR_OK;
}

enum err
release_decide(struct ctx *cx, struct job *j, bool release, const char *comment)
{
    TXN_SCOPE(txn);

    if (job_is_author(cx, j)) {
        snprintf(cx->diag.extra, sizeof cx->diag.extra, "%s",
            "{\"missing_permission\":\"separation-of-duties\"}");
        return FAIL(&cx->diag, ERR_FORBIDDEN, "nobody releases their own result");
    }
    TRY(job_must_own(cx, j, "result.release"));
    if (comment[0] != '\0')
        TRY(field_text(&cx->diag, "/comment", comment, TEXT_BYTES_MAX));
    TRY(txn_begin(&txn, cx->db, &cx->diag));
    if (j->state != JOB_HELD)
        return job_move(cx, j, release ? JOB_RELEASED : JOB_WITHHELD, NULL);
    if (release) {
        TRY(disclosure_allows(cx, j, comment));
        TRY(release_publish(cx, j, comment));
    } else {
        TRY(job_move(cx, j, JOB_WITHHELD, json_pack("{s:s}", "comment", comment)));
    }
    TRY(txn_commit(&txn, &cx->diag));
    event_wake();
    return ERR_OK;
}
