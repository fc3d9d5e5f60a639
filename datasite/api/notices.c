/* notices.c -- what people are told, and the addresses where they want to be told. */
#include "datasite/core/notice.h"

#include "datasite/api/routes.h"
#include "datasite/api/wire_job.h"
#include "datasite/api/wire_people.h"
#include "datasite/core/webhook.h"

#include <sodium.h>

static json_t *
notice_to_json(struct arena *a, const struct notice *n)
{
    return json_pack("{s:I, s:s, s:s, s:s, s:s, s:s?, s:s?, s:s?, s:o, s:s, s:s, s:b}",
        "seq", (json_int_t)n->seq, "time", n->time, "kind", n->kind, "subject",
        n->subject, "state", n->state, "dataset", n->dataset, "project", n->project,
        "job", n->job, "person", person_json(n->person_id, n->person), "reason",
        n->reason, "link", notice_path(a, n), "seen", (int)n->seen);
}

enum err
notices_list(struct request *rq, struct reply *rp)
{
    struct ctx *cx = rq->cx;
    struct notice *list;
    struct page page;
    int64_t before;
    json_t *items;
    size_t n;

    TRY(page_take_seq(rq, &page, &before));
    TRY(query_end(rq));
    TRY(notice_list(cx, before, page.limit + 1, &list, &n));
    items = json_array();
    for (size_t i = 0; i < n && i < (size_t)page.limit; i++)
        json_array_append_new(items, notice_to_json(cx->arena, &list[i]));
    return reply_page(rq, rp, items,
        n > (size_t)page.limit ? seq_key(cx, list[page.limit - 1].seq) : NULL);
}

enum err
notices_see(struct request *rq, struct reply *rp)
{
    json_int_t seq;

    TRY(json_take(&rq->cx->diag, rq->body, "{s:I !}", "seq", &seq));
    if (seq < 0)
        return FAIL_FIELD(&rq->cx->diag, ERR_INVALID, "/seq", "/seq is 0 or more");
    TRY(notice_see(rq->cx, seq));
    return reply_none(rp);
}

/* Webhooks */

static json_t *
webhook_to_json(const struct webhook *w)
{
    return json_pack("{s:s, s:{s:s, s:s}, s:s, s:s, s:I, s:s, s:o}", "id", w->id,
        "user", "id", w->user_id, "name", w->user_name, "url", w->url, "state",
        w->state, "failures", (json_int_t)w->failures, "last_error", w->last_error,
        "created_at", time_to_json(w->created));
}

enum err
webhooks_list(struct request *rq, struct reply *rp)
{
    struct webhook *list;
    struct page page;
    json_t *items;
    size_t n;

    TRY(page_take(rq, &page));
    TRY(query_end(rq));
    TRY(webhook_list(rq->cx, page.after, page.limit + 1, &list, &n));
    items = json_array();
    for (size_t i = 0; i < n && i < (size_t)page.limit; i++)
        json_array_append_new(items, webhook_to_json(&list[i]));
    return reply_page(
        rq, rp, items, n > (size_t)page.limit ? list[page.limit - 1].id : NULL);
}

enum err
webhooks_create(struct request *rq, struct reply *rp)
{
    char secret[WEBHOOK_SECRET_BYTES];
    struct webhook w;
    const char *url;
    json_t *doc;

    TRY(query_end(rq));
    TRY(json_take(&rq->cx->diag, rq->body, "{s:s !}", "url", &url));
    TRY(webhook_create(rq->cx, url, &w, secret));
    doc = webhook_to_json(&w);
    if (doc != NULL)
        json_object_set_new(doc, "secret", json_string(secret));
    sodium_memzero(secret, sizeof secret);
    return reply_created(rq, rp, doc, "/api/v1/webhooks");
}

enum err
webhooks_delete(struct request *rq, struct reply *rp)
{
    TRY(query_end(rq));
    TRY(webhook_delete(rq->cx, rq->param[0]));
    return reply_none(rp);
}
