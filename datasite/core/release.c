/* release.c -- the second gate: results that wait, and the act of letting go. */
#include "datasite/core/release.h"

#include "datasite/core/event.h"
#include "datasite/core/field.h"
#include "datasite/core/receipt.h"
#include "datasite/core/sealed.h"
#include "datasite/core/stored.h"
#include "datasite/core/suppress.h"
#include "datasite/core/withhold.h"
#include "policies/outcheck.h"

#include <stdio.h>
#include <string.h>

#define RELEASABLE     "disclosure_control" /* the check that sums up the others */
#define RELEASES_NAMED 5                    /* in a refusal; the check names all */

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

/* How many of the numbers are exact. */
static json_t *
private_check(const struct job *j, const json_t *measurements)
{
    size_t i, exact = 0;
    const json_t *m;
    char detail[96];

    json_array_foreach(measurements, i, m) exact +=
        json_is_true(json_object_get(m, "exact"));
    snprintf(detail, sizeof detail, "%zu of %zu measurements are exact", exact,
        json_array_size(measurements));
    return check_json(
        "differentially_private", exact == 0 && j->lane == LANE_DP, detail);
}

/* The rules of disclosure control over the evidence that came with exact measurements (a
 * program over rows has none). */
static json_t *
evidence_checks(const struct sdc_limits *limits, const json_t *measurements)
{
    struct sdc_tally tally = {0};
    const json_t *m;
    size_t i;

    json_array_foreach(measurements, i, m)
    {
        const json_t *exact = json_object_get(m, "exact");
        if (exact == NULL ||
            json_is_true(exact)) /* sealed ones are, and do not say so */
            sdc_json_check(limits, json_object_get(m, "evidence"), &tally);
    }
    return sdc_tally_json(limits, &tally);
}

/* What was looked at, and what that says in all; all three are consumed. */
static json_t *
checks_json(
    const struct sdc_limits *limits, json_t *first, json_t *tallied, json_t *more)
{
    json_auto_t *evidence = tallied, *others = more;
    json_t *list = json_array();

    json_array_extend(evidence, others);
    json_array_append_new(list, first);
    json_array_extend(list, evidence);
    json_array_append_new(list,
        check_json(RELEASABLE,
            all_met(evidence) || limits->exceptions == SDC_EXCEPT_FREE,
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
    const json_t *outputs, const json_t *own, json_t *checks)
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
    list = outcheck(limits, outputs, own, texts);
    return json_array_extend(checks, list) == 0
        ? ERR_OK
        : FAIL(&cx->diag, ERR_INTERNAL, "no memory for the checks");
}

enum err
release_hold(struct ctx *cx, const struct job *j, const char *run_id,
    const json_t *outputs, const json_t *measurements, struct str log)
{
    json_auto_t *checks = NULL, *shown = NULL;
    SUPPRESSED_SCOPE(kept);
    const char *outputs_text, *measurements_text, *checks_text, *log_text, *places;
    struct sdc_limits limits;
    char sha256[65];

    TRY(output_rules(cx, j, &limits));
    TRY(suppress(cx, j, outputs, measurements, &limits, &kept));
    TRY(output_checks(cx, j, &limits, kept.outputs, kept.own, kept.checks));
    checks = checks_json(&limits, private_check(j, kept.measurements),
        evidence_checks(&limits, kept.measurements), json_incref(kept.checks));
    shown = without_evidence(kept.measurements);
    TRY(stored_text(cx, kept.outputs, &outputs_text));
    TRY(stored_text(cx, shown, &measurements_text));
    TRY(stored_text(cx, checks, &checks_text));
    TRY(stored_text(cx, kept.places, &places));
    log_text = arena_strn(cx->arena, log.len > 0 ? log.ptr : "", log.len);
    if (log_text == NULL)
        return FAIL(&cx->diag, ERR_TOO_LARGE, "the log is too large");
    digest_text(digest_sha256(str_of(outputs_text)), sha256);
    TRY(sealed_keep(cx, j->id, kept.measurements));
    return db_run(cx->db, &cx->diag, NULL, STMT_RESULT_INSERT, j->id, run_id,
        outputs_text, measurements_text, log_text, checks_text, places, sha256,
        cx->now.us);
}

enum err
release_load(struct ctx *cx, const char *job_id, struct result *out)
{
    enum err err;

    err = db_one(cx->db, &cx->diag, cx->arena, STMT_RESULT_BY_JOB, job_id, &out->run_id,
        &out->outputs_json, &out->measurements_json, &out->log, &out->sha256,
        &out->checks_json, &out->receipt_json, &out->made.us, &out->released.us,
        &out->sealed_json, &out->sealed_sha256, &out->places_json, &out->withheld_json);
    if (err == ERR_NOT_FOUND) {
        diag_clear(&cx->diag);
        return FAIL(&cx->diag, ERR_NOT_FOUND, "there is no result");
    }
    return err;
}

/* Letting go */

enum err
release_publish(struct ctx *cx, struct job *j, const char *comment)
{
    struct result result;
    const char *receipt;
    int64_t changed;

    TRY(release_load(cx, j->id, &result));
    TRY(job_move(cx, j, JOB_RELEASED,
        json_pack("{s:s, s:s, s:b}", "result_sha256", result.sha256, "comment", comment,
            "part", (int)(result.withheld_json != NULL))));
    TRY(receipt_make(cx, j, &result, &receipt));
    TRY(db_run(cx->db, &cx->diag, &changed, STMT_RESULT_RELEASED, j->id, cx->now.us,
        comment, receipt));
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

/* A check that was made when the run ended, since it changed what is told; of another
 * policy where that asked for something else. */
static void
add_done(
    json_t *list, const json_t *stored, const char *name, bool asked, int64_t threshold)
{
    const json_t *c;
    size_t i;

    json_array_foreach(stored, i, c)
    {
        const char *n = json_string_value(json_object_get(c, "name"));
        json_int_t was = json_integer_value(json_object_get(c, "threshold"));
        if (n == NULL || strcmp(n, name) != 0 || (asked && was != threshold))
            continue;
        json_array_append(list, (json_t *)(uintptr_t)c);
        return;
    }
    if (asked)
        json_array_append_new(list,
            check_json(name, false, "the policy asked for it after the run had ended"));
}

static json_t *
withheld_check(const json_t *withheld)
{
    char detail[96];

    snprintf(detail, sizeof detail, "the owner withholds %zu parts of the output",
        json_array_size(withheld));
    return json_pack("{s:s, s:b, s:s, s:i, s:O}", "name", "withheld", "met", 1,
        "detail", detail, "threshold", 0, "withheld", withheld);
}

/* The checks by the policy of now, of what would leave now. */
static enum err
checks_again(struct ctx *cx, const struct job *j, const struct result *r,
    const struct sdc_limits *limits, const json_t *stored, json_t **out)
{
    json_auto_t *kept = NULL, *own = NULL, *outputs = NULL, *withheld = NULL;
    json_auto_t *more = json_array();
    bool exact;

    TRY(withhold_evidence(cx, j->id, r, &kept));
    TRY(json_parse(&cx->diag, str_of(r->outputs_json), &outputs));
    TRY(withhold_own(cx, r, outputs, &own));
    exact = json_array_size(kept) > 0;
    add_done(more, stored, "suppression", exact && limits->suppress, 0);
    add_done(more, stored, "rounding", exact && limits->rounding > 0, limits->rounding);
    TRY(output_checks(cx, j, limits, outputs, own, more));
    if (r->withheld_json != NULL) {
        TRY(json_parse(&cx->diag, str_of(r->withheld_json), &withheld));
        json_array_append_new(more, withheld_check(withheld));
    }
    *out = checks_json(limits, json_incref(json_array_get(stored, 0)),
        evidence_checks(limits, kept), json_incref(more));
    return ERR_OK;
}

enum err
release_checks(struct ctx *cx, const struct job *j, const struct result *r,
    struct differencing *with, json_t **out)
{
    json_auto_t *stored = NULL;
    struct sdc_limits limits;

    TRY(json_parse(&cx->diag, str_of(r->checks_json), &stored));
    if (j->state != JOB_HELD || j->lane == LANE_DP) {
        *out = json_incref(stored);
        return ERR_OK;
    }
    TRY(output_rules(cx, j, &limits));
    TRY(checks_again(cx, j, r, &limits, stored, out));
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
    TRY(stored_text(cx, checks, &text));
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

/* Keeps parts of it back. */
static enum err
part_take(struct ctx *cx, const struct job *j, const json_t *withheld)
{
    json_auto_t *outputs = NULL, *kept = NULL;
    const char *left, *text;
    struct result r;
    char sha256[65];

    TRY(release_load(cx, j->id, &r));
    TRY(json_parse(&cx->diag, str_of(r.sealed_json), &outputs));
    TRY(withhold_take(cx, withheld, &outputs));
    TRY(stored_text(cx, outputs, &left));
    TRY(stored_text(cx, withheld, &text));
    digest_text(digest_sha256(str_of(left)), sha256);
    TRY(db_run(cx->db, &cx->diag, NULL, STMT_RESULT_PART, j->id, text, left, sha256));
    TRY(release_load(cx, j->id, &r));
    TRY(withhold_evidence(cx, j->id, &r, &kept));
    return withhold_note(cx, j, &r, kept);
}

static enum err
let_go(struct ctx *cx, struct job *j, const struct release_word *word)
{
    if (word->withhold != NULL)
        TRY(part_take(cx, j, word->withhold));
    TRY(disclosure_allows(cx, j, word->comment));
    return release_publish(cx, j, word->comment);
}

enum err
release_decide(struct ctx *cx, struct job *j, const struct release_word *word)
{
    enum job_state to = word->release ? JOB_RELEASED : JOB_WITHHELD;
    TXN_SCOPE(txn);

    if (job_is_author(cx, j)) {
        snprintf(cx->diag.extra, sizeof cx->diag.extra, "%s",
            "{\"missing_permission\":\"separation-of-duties\"}");
        return FAIL(&cx->diag, ERR_FORBIDDEN, "nobody releases their own result");
    }
    TRY(job_must_own(cx, j, "result.release"));
    if (word->comment[0] != '\0')
        TRY(field_text(&cx->diag, "/comment", word->comment, TEXT_BYTES_MAX));
    TRY(txn_begin(&txn, cx->db, &cx->diag));
    if (j->state != JOB_HELD)
        return job_move(cx, j, to, NULL);
    TRY(word->release
            ? let_go(cx, j, word)
            : job_move(cx, j, to, json_pack("{s:s}", "comment", word->comment)));
    TRY(txn_commit(&txn, &cx->diag));
    event_wake();
    return ERR_OK;
}
