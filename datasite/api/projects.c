/* projects.c -- what researchers want to find out, and with which datasets. */
#include "datasite/api/routes.h"
#include "datasite/api/wire_people.h"

static void
project_etag(struct reply *rp, const struct project *p)
{
    reply_etag(rp, "%s-%lld", p->id, (long long)p->revision);
}

enum err
projects_list(struct request *rq, struct reply *rp)
{
    struct project *list;
    struct page page;
    json_t *items;
    size_t n;

    TRY(page_take(rq, &page));
    TRY(query_end(rq));
    TRY(project_list(rq->cx, page.after, page.limit + 1, &list, &n));
    items = json_array();
    for (size_t i = 0; i < n && i < (size_t)page.limit; i++)
        json_array_append_new(items, project_to_json(&list[i]));
    return reply_page(
        rq, rp, items, n > (size_t)page.limit ? list[page.limit - 1].id : NULL);
}

/* One who sends If-Match wants to have seen the newest. */
static enum err
project_match(struct request *rq, const struct project *p)
{
    struct reply now = {0};

    project_etag(&now, p);
    return precondition_match(rq, now.etag);
}

enum err
projects_create(struct request *rq, struct reply *rp)
{
    struct ctx *cx = rq->cx;
    struct project_draft draft = {.datasets_given = true};
    struct project project;
    json_t *datasets;

    TRY(query_end(rq));
    TRY(json_take(&cx->diag, rq->body, "{s:s, s:s, s:o !}", "title", &draft.title,
        "purpose", &draft.purpose, "datasets", &datasets));
    TRY(names_take(cx, datasets, "/datasets", &draft.datasets, &draft.datasets_n));
    TRY(project_create(cx, &draft, &project));
    project_etag(rp, &project);
    return reply_created(
        rq, rp, project_to_json(&project), "/api/v1/projects/%s", project.id);
}

enum err
projects_get(struct request *rq, struct reply *rp)
{
    struct project project;

    TRY(query_end(rq));
    TRY(project_load(rq->cx, rq->param[0], &project));
    project_etag(rp, &project);
    return reply_json(rq, rp, 200, project_to_json(&project));
}

enum err
projects_update(struct request *rq, struct reply *rp)
{
    struct ctx *cx = rq->cx;
    struct project_draft change = {0};
    json_t *datasets = NULL;
    struct project project;

    TRY(query_end(rq));
    TRY(json_take(&cx->diag, rq->body, "{s?s, s?s, s?o !}", "title", &change.title,
        "purpose", &change.purpose, "datasets", &datasets));
    change.datasets_given = datasets != NULL;
    if (datasets != NULL) {
        TRY(names_take(
            cx, datasets, "/datasets", &change.datasets, &change.datasets_n));
    }
    TRY(project_load(cx, rq->param[0], &project));
    TRY(project_match(rq, &project));
    TRY(project_update(cx, rq->param[0], &change, &project));
    project_etag(rp, &project);
    return reply_json(rq, rp, 200, project_to_json(&project));
}

enum err
project_members_list(struct request *rq, struct reply *rp)
{
    struct member *list;
    struct page page;
    json_t *items;
    size_t n;

    TRY(page_take(rq, &page));
    TRY(query_end(rq));
    TRY(project_members(rq->cx, rq->param[0], page.after, page.limit + 1, &list, &n));
    items = json_array();
    for (size_t i = 0; i < n && i < (size_t)page.limit; i++)
        json_array_append_new(items, member_to_json(&list[i]));
    return reply_page(
        rq, rp, items, n > (size_t)page.limit ? list[page.limit - 1].user_id : NULL);
}

enum err
project_member_put(struct request *rq, struct reply *rp)
{
    struct member member;

    TRY(query_end(rq));
    TRY(json_take(&rq->cx->diag, rq->body, "{!}"));
    TRY(project_member_add(rq->cx, rq->param[0], rq->param[1], &member));
    return reply_json(rq, rp, 200, member_to_json(&member));
}

enum err
project_member_delete(struct request *rq, struct reply *rp)
{
    TRY(query_end(rq));
    TRY(project_member_remove(rq->cx, rq->param[0], rq->param[1]));
    return reply_none(rp);
}
