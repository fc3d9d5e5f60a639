/* comments.c -- what people say about single lines of a job. */
#include "datasite/api/routes.h"
#include "datasite/api/wire_job.h"

enum err
comments_list(struct request *rq, struct reply *rp)
{
    struct ctx *cx = rq->cx;
    json_auto_t *items = json_array();
    const char *last = NULL;
    struct comment comment;
    struct page page;
    struct job j;
    bool more;

    TRY(page_take(rq, &page));
    TRY(query_end(rq));
    TRY(job_visible(cx, rq->param[0], &j));
    TRY(comment_list(cx, &j, page.after, page.limit + 1));
    for (int64_t i = 0;; i++) {
        TRY(comment_next(cx, &comment, &more));
        if (!more || i == page.limit)
            break;
        json_array_append_new(items, comment_to_json(&comment));
        last = comment.id;
    }
    return reply_page(rq, rp, json_incref(items), more ? last : NULL);
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
