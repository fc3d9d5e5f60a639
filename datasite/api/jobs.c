/* jobs.c -- what researchers ask, version by version, and how it ends early. */
#include "datasite/api/routes.h"
#include "datasite/api/wire_job.h"
#include "datasite/core/run.h"

static void
job_etag(struct reply *rp, const struct job *j)
{
    reply_etag(rp, "%s-%lld", j->id, (long long)j->revision);
}

static enum err
job_reply(struct request *rq, struct reply *rp, const struct job *j)
{
    json_t *doc;

    TRY(job_to_json(rq->cx, j, &doc));
    job_etag(rp, j);
    return reply_json(rq, rp, 200, doc);
}

static enum err
job_created(struct request *rq, struct reply *rp, const struct job *j)
{
    json_t *doc;

    TRY(job_to_json(rq->cx, j, &doc));
    job_etag(rp, j);
    return reply_created(rq, rp, doc, "/api/v1/jobs/%s", j->id);
}

static enum err
job_item(struct ctx *cx, const void *list, struct item *out, bool *more)
{
    struct job j;

    (void)list;
    TRY(job_next(cx, &j, more));
    if (!*more)
        return ERR_OK;
    out->key = j.id;
    return job_to_json(cx, &j, &out->json);
}

enum err
jobs_list(struct request *rq, struct reply *rp)
{
    struct job_filter filter = {.state = query_text(rq, "state"),
        .dataset = query_text(rq, "dataset"),
        .waiting_on = query_text(rq, "waiting_on")};
    struct page page;

    TRY(page_take(rq, &page));
    TRY(query_end(rq));
    filter.after = page.after;
    filter.limit = page.limit + 1;
    TRY(job_list(rq->cx, &filter));
    return reply_walk(rq, rp, &page, job_item, NULL);
}

enum err
jobs_create(struct request *rq, struct reply *rp)
{
    struct job_draft draft;
    struct job j;

    TRY(job_draft_take(&rq->cx->diag, rq->body, true, &draft));
    TRY(job_submit(rq->cx, &draft, &j));
    return job_created(rq, rp, &j);
}

enum err
jobs_get(struct request *rq, struct reply *rp)
{
    struct job j;

    TRY(query_end(rq));
    TRY(job_visible(rq->cx, rq->param[0], &j));
    return job_reply(rq, rp, &j);
}

/* Versions */

static enum err
version_item(struct ctx *cx, const void *list, struct item *out, bool *more)
{
    struct job_version v;

    (void)list;
    TRY(job_versions_next(cx, &v, more));
    if (*more)
        *out = (struct item){job_version_to_json(&v), seq_key(cx, v.number)};
    return ERR_OK;
}

enum err
job_versions_list(struct request *rq, struct reply *rp)
{
    struct page page;
    int64_t after;
    struct job j;

    TRY(page_take_seq(rq, &page, &after));
    TRY(query_end(rq));
    TRY(job_visible(rq->cx, rq->param[0], &j));
    TRY(job_versions(rq->cx, &j, after, page.limit + 1));
    return reply_walk(rq, rp, &page, version_item, NULL);
}

/* One who sends If-Match wants to have seen the newest. */
static enum err
job_match(struct request *rq, const struct job *j)
{
    struct reply now = {0};

    job_etag(&now, j);
    return precondition_match(rq, now.etag);
}

enum err
job_versions_create(struct request *rq, struct reply *rp)
{
    struct job_draft draft;
    struct job j;

    TRY(job_draft_take(&rq->cx->diag, rq->body, false, &draft));
    TRY(job_visible(rq->cx, rq->param[0], &j));
    TRY(job_match(rq, &j));
    TRY(job_revise(rq->cx, &j, &draft));
    return job_created(rq, rp, &j);
}

/* The version that the path names. */
static enum err
version_visible(struct request *rq, struct job *j, struct job_version *v)
{
    int64_t number;

    TRY(query_end(rq));
    TRY(job_visible(rq->cx, rq->param[0], j));
    if (!str_fixed(str_of(rq->param[1]), 0, &number))
        return FAIL(&rq->cx->diag, ERR_NOT_FOUND, "the job has no such version");
    return job_version_by(rq->cx, j, number, v);
}

enum err
job_source_get(struct request *rq, struct reply *rp)
{
    struct job_version v = {0};
    struct job j = {0};

    TRY(version_visible(rq, &j, &v));
    reply_etag(rp, "%s", v.source_sha256);
    return reply_bytes(rp, "text/x-lua", str_of(v.source));
}

/* A document that the checks made of a version. */
static enum err
checked_reply(struct request *rq, struct reply *rp, const struct job *j,
    const struct job_version *v, const char *text)
{
    if (text == NULL)
        return FAIL(&rq->cx->diag, ERR_CONFLICT, "the checks have not ended yet");
    reply_etag(rp, "%s-%lld", j->id, (long long)v->number);
    return reply_json(rq, rp, 200, stored_to_json(text));
}

enum err
job_checks_get(struct request *rq, struct reply *rp)
{
    struct job_version v = {0};
    struct job j = {0};

    TRY(version_visible(rq, &j, &v));
    return checked_reply(rq, rp, &j, &v, v.checks_json);
}

enum err
job_mock_result_get(struct request *rq, struct reply *rp)
{
    struct job_version v = {0};
    struct job j = {0};

    TRY(version_visible(rq, &j, &v));
    return checked_reply(rq, rp, &j, &v, v.mock_json);
}

/* Early ends */

static enum err
job_end_early(struct request *rq, struct reply *rp,
    enum err (*end)(struct ctx *cx, struct job *j, const char *comment))
{
    const char *comment = "";
    struct job j;

    TRY(json_take(&rq->cx->diag, rq->body, "{s?s !}", "comment", &comment));
    TRY(job_visible(rq->cx, rq->param[0], &j));
    TRY(job_match(rq, &j));
    TRY(end(rq->cx, &j, comment));
    run_kill_ended(rq->cx);
    return job_reply(rq, rp, &j);
}

enum err
job_withdraw(struct request *rq, struct reply *rp)
{
    return job_end_early(rq, rp, job_retract);
}

enum err
job_cancel(struct request *rq, struct reply *rp)
{
    return job_end_early(rq, rp, job_stop);
}

enum err
job_revoke(struct request *rq, struct reply *rp)
{
    return job_end_early(rq, rp, job_unapprove);
}
