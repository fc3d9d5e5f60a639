/* proof.c -- what others can check: receipts, how results came about, and the page for
 * everybody. */
#include "datasite/api/routes.h"
#include "datasite/api/wire_job.h"
#include "datasite/core/provenance.h"
#include "datasite/core/transparency.h"

#include <stdio.h>

/* A released job with its result, as the caller may see it. Auditors may see every
 * one. */
static enum err
released(struct request *rq, struct reply *rp, struct job *j, struct result *result)
{
    struct ctx *cx = rq->cx;

    TRY(query_end(rq));
    if (cx->actor.roles & ROLE_AUDITOR) {
        TRY(job_by_id(cx, rq->param[0], j));
    } else {
        TRY(job_visible(cx, rq->param[0], j));
    }
    if (j->state != JOB_RELEASED) {
        snprintf(cx->diag.extra, sizeof cx->diag.extra, "{\"state\":\"%s\"}",
            job_state_name(j->state));
        return FAIL(&cx->diag, ERR_CONFLICT_STATE, "%s", "there is no released result");
    }
    reply_etag(rp, "%s-%lld", j->id, (long long)j->revision);
    return release_load(cx, j->id, result);
}

enum err
receipt_get(struct request *rq, struct reply *rp)
{
    struct result result;
    struct job j;

    TRY(released(rq, rp, &j, &result));
    return reply_json(rq, rp, 200, stored_to_json(result.receipt_json));
}

enum err
provenance_get(struct request *rq, struct reply *rp)
{
    struct result result;
    struct job j;
    json_t *doc;

    TRY(released(rq, rp, &j, &result));
    TRY(provenance_make(rq->cx, &j, &result, &doc));
    return reply_json(rq, rp, 200, doc);
}

static json_t *
disclosure_to_json(const struct disclosure *d)
{
    return json_pack("{s:s, s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "job", d->job_id,
        "released_at", time_to_json(d->released), "dataset", d->dataset_title,
        "purpose", d->purpose, "lane", d->lane, "policy", d->policy, "epsilon",
        d->epsilon, "delta", d->delta, "source_sha256", d->source_sha256);
}

enum err
transparency_get(struct request *rq, struct reply *rp)
{
    struct disclosure *list;
    struct page page;
    json_t *items;
    size_t n;

    TRY(page_take(rq, &page));
    TRY(query_end(rq));
    TRY(transparency_list(rq->cx, page.after, page.limit + 1, &list, &n));
    items = json_array();
    for (size_t i = 0; i < n && i < (size_t)page.limit; i++)
        json_array_append_new(items, disclosure_to_json(&list[i]));
    return reply_page(
        rq, rp, items, n > (size_t)page.limit ? list[page.limit - 1].job_id : NULL);
}
