/* reviews.c -- what people decided about a job. */
#include "datasite/api/routes.h"
#include "datasite/api/wire_job.h"

#include <stdio.h>

static enum err
review_item(struct ctx *cx, const void *list, struct item *out, bool *more)
{
    struct review review;

    (void)list;
    TRY(review_next(cx, &review, more));
    if (*more)
        *out = (struct item){review_to_json(&review), review.id};
    return ERR_OK;
}

enum err
reviews_list(struct request *rq, struct reply *rp)
{
    struct page page;
    struct job j;

    TRY(page_take(rq, &page));
    TRY(query_end(rq));
    TRY(job_visible(rq->cx, rq->param[0], &j));
    TRY(review_list(rq->cx, j.id, page.after, page.limit + 1));
    return reply_walk(rq, rp, &page, review_item, NULL);
}

static enum err
review_draft_take(struct diag *d, json_t *body, struct review_draft *out)
{
    const char *decision;
    json_int_t version;

    *out = (struct review_draft){.comment = ""};
    TRY(json_take(d, body, "{s:I, s:s, s:s, s?s, s?o !}", "version", &version,
        "source_sha256", &out->source_sha256, "decision", &decision, "comment",
        &out->comment, "checklist", &out->checklist));
    out->version = version;
    if (!decision_parse(str_of(decision), &out->decision)) {
        return FAIL_FIELD(d, ERR_INVALID, "/decision",
            "a decision is approve, request_changes, reject or abstain");
    }
    if (out->checklist != NULL && !json_is_object(out->checklist) &&
        !json_is_array(out->checklist)) {
        return FAIL_FIELD(
            d, ERR_INVALID, "/checklist", "a checklist is an object or an array");
    }
    return ERR_OK;
}

enum err
reviews_create(struct request *rq, struct reply *rp)
{
    struct review_draft draft;
    struct review review;
    struct job j;
    char etag[72];
    json_t *doc;

    TRY(review_draft_take(&rq->cx->diag, rq->body, &draft));
    TRY(job_visible(rq->cx, rq->param[0], &j));
    if (!job_is_author(rq->cx, &j)) {
        snprintf(etag, sizeof etag, "%s-%lld", j.id, (long long)j.revision);
        TRY(precondition_match(rq, etag));
    }
    TRY(review_decide(rq->cx, &j, &draft, &review));
    TRY(job_by_id(rq->cx, j.id, &j));
    TRY(job_to_json(rq->cx, &j, &doc));
    reply_etag(rp, "%s-%lld", j.id, (long long)j.revision);
    return reply_created(rq, rp, doc, "/api/v1/jobs/%s", j.id);
}
