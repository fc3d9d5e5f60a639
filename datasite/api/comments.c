/* comments.c -- what people say about single lines of a job. */
#include "datasite/api/routes.h"
#include "datasite/api/wire_job.h"

static enum err
comment_item(struct ctx *cx, const void *list, struct item *out, bool *more)
{
    struct comment comment;

    (void)list;
    TRY(comment_next(cx, &comment, more));
    if (*more)
        *out = (struct item){comment_to_json(&comment), comment.id};
    return ERR_OK;
}

enum err
comments_list(struct request *rq, struct reply *rp)
{
    struct page page;
    struct job j;

    TRY(page_take(rq, &page));
    TRY(query_end(rq));
    TRY(job_visible(rq->cx, rq->param[0], &j));
    TRY(comment_list(rq->cx, &j, page.after, page.limit + 1));
    return reply_walk(rq, rp, &page, comment_item, NULL);
}

enum err
comments_create(struct request *rq, struct reply *rp)
{
    struct comment_draft draft = {0};
    struct comment comment;
    json_int_t version, line;
    struct job j;

    TRY(json_take(&rq->cx->diag, rq->body, "{s:I, s:I, s:s !}", "version", &version,
        "line", &line, "text", &draft.text));
    draft.version = version;
    draft.line = line;
    TRY(job_visible(rq->cx, rq->param[0], &j));
    TRY(comment_add(rq->cx, &j, &draft, &comment));
    return reply_created(
        rq, rp, comment_to_json(&comment), "/api/v1/jobs/%s/comments", j.id);
}

enum err
comments_update(struct request *rq, struct reply *rp)
{
    struct comment comment;
    struct job j;
    int resolved;

    TRY(json_take(&rq->cx->diag, rq->body, "{s:b !}", "resolved", &resolved));
    TRY(job_visible(rq->cx, rq->param[0], &j));
    TRY(comment_resolve(rq->cx, &j, rq->param[1], resolved != 0, &comment));
    return reply_json(rq, rp, 200, comment_to_json(&comment));
}
