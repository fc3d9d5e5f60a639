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
        json_pack("{s:o, s:o, s:O, s:s, s:s}", "outputs",
            stored_to_json(result.outputs_json), "measurements",
            stored_to_json(result.measurements_json), "checks", checks, "log",
            result.log, "sha256", result.sha256));
}

enum err
release_create(struct request *rq, struct reply *rp)
{
    const char *decision, *comment = "";
    bool release;
    struct job j;
    char etag[72];
    json_t *doc;

    TRY(json_take(&rq->cx->diag, rq->body, "{s:s, s?s !}", "decision", &decision,
        "comment", &comment));
    release = strcmp(decision, "release") == 0;
    if (!release && strcmp(decision, "withhold") != 0) {
        return FAIL_FIELD(&rq->cx->diag, ERR_INVALID, "/decision",
            "a decision is release or withhold");
    }
    TRY(job_visible(rq->cx, rq->param[0], &j));
    snprintf(etag, sizeof etag, "%s-%lld", j.id, (long long)j.revision);
    TRY(precondition_match(rq, etag));
    TRY(release_decide(rq->cx, &j, release, comment));
    TRY(job_by_id(rq->cx, j.id, &j));
    TRY(job_to_json(rq->cx, &j, &doc));
    reply_etag(rp, "%s-%lld", j.id, (long long)j.revision);
    return reply_created(rq, rp, doc, "/api/v1/jobs/%s", j.id);
}

/* The log of a script in lane dp is the author's: it saw nothing but released
 * answers. */
static json_t *
result_json(const struct job *j, const struct result *r)
{
    json_t *doc =
        json_pack("{s:o, s:o, s:o}", "outputs", stored_to_json(r->outputs_json),
            "measurements", stored_to_json(r->measurements_json), "receipt",
            stored_to_json(r->receipt_json));

    if (doc != NULL && j->lane == LANE_DP)
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
