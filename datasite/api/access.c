/* access.c -- the catalogue of what may be asked for, and requests for a grant. */
#include "datasite/core/access.h"

#include "datasite/api/routes.h"
#include "datasite/api/wire_job.h"
#include "datasite/api/wire_people.h"

#include <string.h>

/* The catalogue */

static json_t *
listing_to_json(const struct listing *l)
{
    json_t *request = l->request_id == NULL
        ? json_null()
        : json_pack("{s:s, s:s}", "id", l->request_id, "state", l->request_state);

    return json_pack("{s:s, s:s, s:s, s:o, s:b, s:o}", "name", l->name, "title",
        l->title, "description", l->description, "owner",
        person_json(l->owner_id, l->owner_name), "granted", (int)l->granted, "request",
        request);
}

static enum err
listing_item(struct ctx *cx, const void *list, struct item *out, bool *more)
{
    struct listing l;

    (void)list;
    TRY(listing_next(cx, &l, more));
    if (*more)
        *out = (struct item){listing_to_json(&l), l.name};
    return ERR_OK;
}

enum err
catalogue_list(struct request *rq, struct reply *rp)
{
    struct page page;

    TRY(page_take(rq, &page));
    TRY(query_end(rq));
    TRY(listing_list(rq->cx, page.after, page.limit + 1));
    return reply_walk(rq, rp, &page, listing_item, NULL);
}

enum err
catalogue_get(struct request *rq, struct reply *rp)
{
    struct listing l;

    TRY(query_end(rq));
    TRY(listing_by_name(rq->cx, rq->param[0], &l));
    return reply_json(rq, rp, 200, listing_to_json(&l));
}

/* Requests */

static json_t *
access_to_json(const struct access_request *r)
{
    return json_pack("{s:s, s:s, s:{s:s, s:s, s:s}, s:s, s:o, s:s, s:s, s:o, s:o}",
        "id", r->id, "dataset", r->dataset_name, "researcher", "id", r->user_id, "name",
        r->user_name, "email", r->user_email, "purpose", r->purpose, "asked_at",
        time_to_json(r->asked), "state", r->state, "comment", r->comment, "decided_by",
        person_json(r->decider_id, r->decider_name), "decided_at",
        r->decider_id == NULL ? json_null() : time_to_json(r->decided));
}

static void
access_etag(struct reply *rp, const struct access_request *r)
{
    reply_etag(rp, "%s-%s", r->id, r->state);
}

/* The request that the path names, as it was seen. */
static enum err
access_take(struct request *rq, struct access_request *out)
{
    struct reply now = {0};

    TRY(access_by_id(rq->cx, rq->param[0], rq->param[1], out));
    access_etag(&now, out);
    return precondition_match(rq, now.etag);
}

static enum err
access_item(struct ctx *cx, const void *list, struct item *out, bool *more)
{
    struct access_request r;

    (void)list;
    TRY(access_next(cx, &r, more));
    if (*more)
        *out = (struct item){access_to_json(&r), r.id};
    return ERR_OK;
}

/* Of one dataset, or of all (NULL). */
static enum err
access_page(struct request *rq, struct reply *rp, const char *dataset)
{
    struct access_filter f = {.dataset = dataset, .state = query_text(rq, "state")};
    struct dataset ds;
    struct page page;

    TRY(page_take(rq, &page));
    TRY(query_end(rq));
    if (dataset != NULL)
        TRY(dataset_known(rq->cx, dataset, &ds));
    f.after = page.after;
    f.limit = page.limit + 1;
    TRY(access_list(rq->cx, &f));
    return reply_walk(rq, rp, &page, access_item, NULL);
}

enum err
access_requests_list(struct request *rq, struct reply *rp)
{
    return access_page(rq, rp, NULL);
}

enum err
dataset_access_list(struct request *rq, struct reply *rp)
{
    return access_page(rq, rp, rq->param[0]);
}

enum err
dataset_access_create(struct request *rq, struct reply *rp)
{
    struct access_request r;
    struct dataset ds;
    const char *purpose;

    TRY(json_take(&rq->cx->diag, rq->body, "{s:s !}", "purpose", &purpose));
    TRY(dataset_known(rq->cx, rq->param[0], &ds));
    TRY(access_ask(rq->cx, &ds, purpose, &r));
    access_etag(rp, &r);
    return reply_created(rq, rp, access_to_json(&r),
        "/api/v1/datasets/%s/access_requests/%s", ds.name, r.id);
}

enum err
dataset_access_get(struct request *rq, struct reply *rp)
{
    struct access_request r;

    TRY(query_end(rq));
    TRY(access_by_id(rq->cx, rq->param[0], rq->param[1], &r));
    access_etag(rp, &r);
    return reply_json(rq, rp, 200, access_to_json(&r));
}

enum err
dataset_access_delete(struct request *rq, struct reply *rp)
{
    struct access_request r;

    TRY(query_end(rq));
    TRY(access_take(rq, &r));
    TRY(access_withdraw(rq->cx, &r));
    return reply_none(rp);
}

enum err
dataset_access_decide(struct request *rq, struct reply *rp)
{
    struct ctx *cx = rq->cx;
    const char *decision, *comment = "";
    struct access_request r;
    struct dataset ds;
    bool grant;

    TRY(json_take(&cx->diag, rq->body, "{s:s, s?s !}", "decision", &decision, "comment",
        &comment));
    grant = strcmp(decision, "grant") == 0;
    if (!grant && strcmp(decision, "refuse") != 0) {
        return FAIL_FIELD(
            &cx->diag, ERR_INVALID, "/decision", "decision is grant or refuse");
    }
    TRY(dataset_owned(cx, rq->param[0], &ds));
    TRY(access_take(rq, &r));
    TRY(access_decide(cx, &ds, &r, grant, comment));
    access_etag(rp, &r);
    return reply_json(rq, rp, 200, access_to_json(&r));
}
