/* templates.c -- sources with holes that reviewers sign beforehand. */
#include "datasite/api/routes.h"
#include "datasite/api/wire_job.h"

static enum err
template_item(struct ctx *cx, const void *list, struct item *out, bool *more)
{
    struct template t;

    (void)list;
    TRY(template_next(cx, &t, more));
    if (*more)
        *out = (struct item){template_to_json(&t), t.id};
    return ERR_OK;
}

enum err
templates_list(struct request *rq, struct reply *rp)
{
    struct page page;
    struct dataset ds;

    TRY(page_take(rq, &page));
    TRY(query_end(rq));
    TRY(dataset_visible(rq->cx, rq->param[0], &ds));
    TRY(template_list(rq->cx, &ds, page.after, page.limit + 1));
    return reply_walk(rq, rp, &page, template_item, NULL);
}

enum err
templates_create(struct request *rq, struct reply *rp)
{
    struct template_draft draft = {0};
    const char *source, *epsilon;
    struct template t;
    struct dataset ds;
    size_t len;

    TRY(json_take(&rq->cx->diag, rq->body, "{s:s, s:s, s:s%, s:o, s:s !}", "name",
        &draft.name, "lane", &draft.lane, "source", &source, &len, "parameters",
        &draft.parameters, "max_epsilon", &epsilon));
    if (!json_is_object(draft.parameters)) {
        return FAIL_FIELD(&rq->cx->diag, ERR_INVALID, "/parameters",
            "parameters are an object, by name");
    }
    draft.source = (struct str){source, len};
    TRY(nano_take(&rq->cx->diag, "/max_epsilon", epsilon, &draft.max_epsilon_nano));
    TRY(dataset_visible(rq->cx, rq->param[0], &ds));
    TRY(template_create(rq->cx, &ds, &draft, &t));
    return reply_created(
        rq, rp, template_to_json(&t), "/api/v1/datasets/%s/templates", ds.name);
}

enum err
template_sign_create(struct request *rq, struct reply *rp)
{
    struct template t;
    struct dataset ds;

    TRY(json_take(&rq->cx->diag, rq->body, "{!}"));
    TRY(dataset_visible(rq->cx, rq->param[0], &ds));
    TRY(template_sign(rq->cx, &ds, rq->param[1], &t));
    return reply_json(rq, rp, 200, template_to_json(&t));
}

enum err
template_delete(struct request *rq, struct reply *rp)
{
    struct dataset ds;

    TRY(dataset_visible(rq->cx, rq->param[0], &ds));
    TRY(template_end(rq->cx, &ds, rq->param[1]));
    return reply_none(rp);
}
