/* populations.c -- one ceiling over several datasets, and raises that two decide. */
#include "datasite/api/routes.h"
#include "datasite/api/wire_budget.h"
#include "datasite/api/wire_job.h"

#include <stdio.h>
#include <string.h>

static void
population_etag(struct reply *rp, const struct population *p)
{
    reply_etag(rp, "%s-%lld", p->id, (long long)p->revision);
}

static enum err
population_reply(struct request *rq, struct reply *rp, const struct population *p)
{
    population_etag(rp, p);
    return reply_json(rq, rp, 200, population_to_json(p));
}

enum err
populations_list(struct request *rq, struct reply *rp)
{
    struct population *list;
    struct page page;
    json_t *items;
    size_t n;

    TRY(page_take(rq, &page));
    TRY(query_end(rq));
    TRY(population_list(rq->cx, page.after, page.limit + 1, &list, &n));
    items = json_array();
    for (size_t i = 0; i < n && i < (size_t)page.limit; i++)
        json_array_append_new(items, population_to_json(&list[i]));
    return reply_page(
        rq, rp, items, n > (size_t)page.limit ? list[page.limit - 1].id : NULL);
}

enum err
populations_create(struct request *rq, struct reply *rp)
{
    struct ctx *cx = rq->cx;
    const char *name, *epsilon, *delta = NULL;
    int64_t epsilon_nano, delta_atto = 0;
    struct population p;

    TRY(query_end(rq));
    TRY(json_take(&cx->diag, rq->body, "{s:s, s:{s:s, s?s !} !}", "name", &name,
        "budget", "epsilon", &epsilon, "delta", &delta));
    TRY(nano_take(&cx->diag, "/budget/epsilon", epsilon, &epsilon_nano));
    TRY(atto_take(&cx->diag, "/budget/delta", delta, &delta_atto));
    TRY(population_create(cx, name, epsilon_nano, delta_atto, &p));
    population_etag(rp, &p);
    return reply_created(
        rq, rp, population_to_json(&p), "/api/v1/populations/%s", p.id);
}

enum err
populations_get(struct request *rq, struct reply *rp)
{
    struct population p;

    TRY(query_end(rq));
    TRY(population_by_id(rq->cx, rq->param[0], &p));
    return population_reply(rq, rp, &p);
}

enum err
populations_update(struct request *rq, struct reply *rp)
{
    struct ctx *cx = rq->cx;
    const char *epsilon, *reason = NULL;
    int64_t epsilon_nano;
    struct population p;
    struct raise raise;
    char etag[72];
    bool waits;

    TRY(json_take(
        &cx->diag, rq->body, "{s:s, s?s !}", "epsilon", &epsilon, "reason", &reason));
    TRY(nano_take(&cx->diag, "/epsilon", epsilon, &epsilon_nano));
    TRY(population_by_id(cx, rq->param[0], &p));
    snprintf(etag, sizeof etag, "%s-%lld", p.id, (long long)p.revision);
    TRY(precondition_match(rq, etag));
    TRY(raise_population(cx, &p, epsilon_nano, reason, &raise, &waits));
    if (waits)
        return raise_reply(rq, rp, 202, &raise);
    return population_reply(rq, rp, &p);
}

enum err
population_dataset_put(struct request *rq, struct reply *rp)
{
    struct population p;
    struct dataset ds;

    TRY(query_end(rq));
    TRY(json_take(&rq->cx->diag, rq->body, "{!}"));
    TRY(population_by_id(rq->cx, rq->param[0], &p));
    TRY(dataset_visible(rq->cx, rq->param[1], &ds));
    TRY(population_join(rq->cx, &p, &ds));
    return population_reply(rq, rp, &p);
}

/* Raises */

enum err
budget_raises_list(struct request *rq, struct reply *rp)
{
    struct raise *list;
    struct page page;
    json_t *items;
    size_t n;

    TRY(page_take(rq, &page));
    TRY(query_end(rq));
    TRY(raise_list(rq->cx, page.after, page.limit + 1, &list, &n));
    items = json_array();
    for (size_t i = 0; i < n && i < (size_t)page.limit; i++)
        json_array_append_new(items, raise_to_json(&list[i]));
    return reply_page(
        rq, rp, items, n > (size_t)page.limit ? list[page.limit - 1].id : NULL);
}

enum err
budget_raises_get(struct request *rq, struct reply *rp)
{
    struct raise r;

    TRY(query_end(rq));
    TRY(raise_by_id(rq->cx, rq->param[0], &r));
    return raise_reply(rq, rp, 200, &r);
}

enum err
budget_raise_decide(struct request *rq, struct reply *rp)
{
    const char *decision;
    struct raise r;
    char etag[72];
    bool confirm;

    TRY(json_take(&rq->cx->diag, rq->body, "{s:s !}", "decision", &decision));
    confirm = strcmp(decision, "confirm") == 0;
    if (!confirm && strcmp(decision, "refuse") != 0) {
        return FAIL_FIELD(
            &rq->cx->diag, ERR_INVALID, "/decision", "a decision is confirm or refuse");
    }
    TRY(raise_by_id(rq->cx, rq->param[0], &r));
    snprintf(etag, sizeof etag, "%s-%s", r.id, r.state);
    TRY(precondition_match(rq, etag));
    TRY(raise_decide(rq->cx, &r, confirm));
    return raise_reply(rq, rp, 200, &r);
}
