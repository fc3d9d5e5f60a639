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

static enum err
comment_draft_take(struct diag *d, json_t *body, struct comment_draft *out)
{
    const char *visibility = "everyone";
    json_int_t version, line;

    *out = (struct comment_draft){0};
    TRY(json_take(d, body, "{s:I, s:I, s:s, s?s !}", "version", &version, "line", &line,
        "text", &out->text, "visibility", &visibility));
    out->version = version;
    out->line = line;
    if (comment_visibility_parse(str_of(visibility), &out->for_reviewers))
        return ERR_OK;
    return FAIL_FIELD(
        d, ERR_INVALID, "/visibility", "a comment is for everyone or for reviewers");
}

enum err
comments_create(struct request *rq, struct reply *rp)
{
    struct comment_draft draft;
    struct comment comment;
    struct job j;

    TRY(comment_draft_take(&rq->cx->diag, rq->body, &draft));
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
