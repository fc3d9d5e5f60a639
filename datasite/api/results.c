/* results.c -- what a run returned: sealed, released, and the receipt for it. */
#include "datasite/api/routes.h"
#include "datasite/api/wire_job.h"
#include "datasite/core/site.h"

#include <stdio.h>
#include <string.h>

/* A result that is not there for this reader now. */
static enum err
not_now(struct ctx *cx, const struct job *j, const char *why)
{
    snprintf(cx->diag.extra, sizeof cx->diag.extra, "{\"state\":\"%s\"}",
        job_state_name(j->state));
    return FAIL(&cx->diag, ERR_CONFLICT_STATE, "%s", why);
}

static json_t *
withheld_json(const struct result *r)
{
    return r->withheld_json != NULL ? stored_to_json(r->withheld_json) : json_array();
}

/* A run that failed leaves the owner its failure and log. */
static enum err
sealed_failure(struct request *rq, struct reply *rp, const struct job *j)
{
    json_auto_t *failure = stored_to_json(j->failure_json);
    json_t *log = json_object_get(failure, "log");

    return reply_json(rq, rp, 200,
        json_pack("{s:n, s:[], s:[], s:O, s:O}", "outputs", "measurements", "checks",
            "log", log != NULL ? log : json_object_get(failure, "text"), "failure",
            failure));
}

enum err
sealed_result_get(struct request *rq, struct reply *rp)
{
    DIFFERENCING_SCOPE(with);
    json_auto_t *checks = NULL;
    struct result result;
    struct job j;

    TRY(query_end(rq));
    TRY(job_visible(rq->cx, rq->param[0], &j));
    TRY(job_must_own(rq->cx, &j, "result.sealed"));
    reply_etag(rp, "%s-%lld", j.id, (long long)j.revision);
    if (j.state == JOB_FAILED && j.failure_json != NULL)
        return sealed_failure(rq, rp, &j);
    if (j.state != JOB_HELD && j.state != JOB_RELEASED && j.state != JOB_WITHHELD)
        return not_now(rq->cx, &j, "nothing waits at the second gate");
    TRY(release_load(rq->cx, j.id, &result));
    TRY(release_checks(rq->cx, &j, &result, &with, &checks));
    return reply_json(rq, rp, 200,
        json_pack("{s:o, s:o, s:O, s:s, s:s, s:o}", "outputs",
            stored_to_json(result.sealed_json), "measurements",
            stored_to_json(result.measurements_json), "checks", checks, "log",
            result.log, "sha256", result.sealed_sha256, "withheld",
            withheld_json(&result)));
}

static enum err
word_take(struct request *rq, struct release_word *out)
{
    struct diag *d = &rq->cx->diag;
    json_t *withhold = NULL;
    const char *decision;

    *out = (struct release_word){.comment = ""};
    TRY(json_take(d, rq->body, "{s:s, s?s, s?o !}", "decision", &decision, "comment",
        &out->comment, "withhold", &withhold));
    out->release = strcmp(decision, "release") == 0;
    out->withhold = withhold;
    if (!out->release && strcmp(decision, "withhold") != 0)
        return FAIL_FIELD(
            d, ERR_INVALID, "/decision", "a decision is release or withhold");
    if (!out->release && withhold != NULL)
        return FAIL_FIELD(d, ERR_INVALID, "/withhold",
            "parts are withheld of what is released; of this, nothing is");
    return ERR_OK;
}

enum err
release_create(struct request *rq, struct reply *rp)
{
    struct release_word word;
    struct job j;
    char etag[72];
    json_t *doc;

    TRY(word_take(rq, &word));
    TRY(job_visible(rq->cx, rq->param[0], &j));
    snprintf(etag, sizeof etag, "%s-%lld", j.id, (long long)j.revision);
    TRY(precondition_match(rq, etag));
    TRY(release_decide(rq->cx, &j, &word));
    TRY(job_by_id(rq->cx, j.id, &j));
    TRY(job_to_json(rq->cx, &j, &doc));
    reply_etag(rp, "%s-%lld", j.id, (long long)j.revision);
    return reply_created(rq, rp, doc, "/api/v1/jobs/%s", j.id);
}

/* The log of a script in lane dp is the author's: it saw nothing but released
 * answers. But it may print what is withheld. */
static json_t *
result_json(const struct job *j, const struct result *r)
{
    json_t *doc =
        json_pack("{s:o, s:o, s:o, s:o}", "outputs", stored_to_json(r->outputs_json),
            "measurements", stored_to_json(r->measurements_json), "receipt",
            stored_to_json(r->receipt_json), "withheld", withheld_json(r));

    if (doc != NULL && j->lane == LANE_DP && r->withheld_json == NULL)
        json_object_set_new(doc, "log", json_string(r->log));
    return doc;
}

enum err
result_get(struct request *rq, struct reply *rp)
{
    struct result result;
    struct job j;

    TRY(query_end(rq));
    TRY(job_visible(rq->cx, rq->param[0], &j));
    if (j.state != JOB_RELEASED)
        return not_now(rq->cx, &j, "there is no released result");
    TRY(release_load(rq->cx, j.id, &result));
    reply_etag(rp, "%s-%lld", j.id, (long long)j.revision);
    return reply_json(rq, rp, 200, result_json(&j, &result));
}
