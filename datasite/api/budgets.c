/* budgets.c -- what a dataset may still give away, and the book of what it gave. */
#include "datasite/api/routes.h"
#include "datasite/api/wire_budget.h"
#include "datasite/api/wire_job.h"
#include "datasite/core/forbidden.h"

#include <stdio.h>
#include <string.h>

#define SHARES_MAX 1000

static enum err
budget_reply(struct request *rq, struct reply *rp, const struct dataset *ds)
{
    struct budget_view view;

    TRY(budget_view(rq->cx, ds, &view));
    budget_tag(ds, &view, rp->etag);
    return reply_json(rq, rp, 200, budget_to_json(&view));
}

/* A decision about a budget is one about what was read of it. */
static enum err
budget_match(struct request *rq, const struct dataset *ds)
{
    struct budget_view view;
    char etag[BUDGET_TAG_BYTES];

    TRY(budget_view(rq->cx, ds, &view));
    budget_tag(ds, &view, etag);
    return precondition_match(rq, etag);
}

enum err
budget_get(struct request *rq, struct reply *rp)
{
    struct dataset ds;

    TRY(query_end(rq));
    TRY(dataset_visible(rq->cx, rq->param[0], &ds));
    return budget_reply(rq, rp, &ds);
}

enum err
budget_update(struct request *rq, struct reply *rp)
{
    struct ctx *cx = rq->cx;
    const char *epsilon, *reason = NULL;
    int64_t epsilon_nano;
    struct dataset ds;
    struct raise raise;
    bool waits;

    TRY(json_take(
        &cx->diag, rq->body, "{s:s, s?s !}", "epsilon", &epsilon, "reason", &reason));
    TRY(nano_take(&cx->diag, "/epsilon", epsilon, &epsilon_nano));
    TRY(dataset_visible(cx, rq->param[0], &ds));
    TRY(budget_match(rq, &ds));
    TRY(raise_dataset(cx, &ds, epsilon_nano, reason, &raise, &waits));
    if (waits)
        return raise_reply(rq, rp, 202, &raise);
    return budget_reply(rq, rp, &ds);
}

enum err
budget_freeze_put(struct request *rq, struct reply *rp)
{
    const char *reason;
    struct dataset ds;

    TRY(json_take(&rq->cx->diag, rq->body, "{s:s !}", "reason", &reason));
    TRY(dataset_visible(rq->cx, rq->param[0], &ds));
    TRY(budget_match(rq, &ds));
    TRY(budget_freeze(rq->cx, &ds, reason));
    return budget_reply(rq, rp, &ds);
}

enum err
budget_freeze_delete(struct request *rq, struct reply *rp)
{
    struct dataset ds;

    TRY(query_end(rq));
    TRY(dataset_visible(rq->cx, rq->param[0], &ds));
    TRY(budget_match(rq, &ds));
    TRY(budget_thaw(rq->cx, &ds));
    return reply_none(rp);
}

enum err
budget_transfer_create(struct request *rq, struct reply *rp)
{
    struct ctx *cx = rq->cx;
    struct budget_transfer t;
    struct budget_view view;
    const char *epsilon;
    struct dataset ds;

    TRY(json_take(&cx->diag, rq->body, "{s:s, s:s, s:s, s:s !}", "from", &t.from, "to",
        &t.to, "epsilon", &epsilon, "reason", &t.reason));
    TRY(nano_take(&cx->diag, "/epsilon", epsilon, &t.epsilon_nano));
    TRY(dataset_visible(cx, rq->param[0], &ds));
    TRY(budget_match(rq, &ds));
    TRY(budget_transfer(cx, &ds, &t));
    TRY(budget_view(cx, &ds, &view));
    budget_tag(&ds, &view, rp->etag);
    return reply_created(
        rq, rp, budget_to_json(&view), "/api/v1/datasets/%s/budget", ds.name);
}

/* {"usr_…":"0.5"} to shares in arena memory. */
static enum err
shares_take(struct ctx *cx, json_t *researchers, struct budget_share **out, size_t *n)
{
    const char *id;
    char field[80];
    json_t *v;

    *n = 0;
    *out = NULL;
    if (researchers == NULL)
        return ERR_OK;
    if (!json_is_object(researchers) || json_object_size(researchers) > SHARES_MAX) {
        return FAIL_FIELD(&cx->diag, ERR_INVALID, "/researchers",
            "researchers is an object of at most %d shares by user id", SHARES_MAX);
    }
    NEW(cx, *out, json_object_size(researchers) + 1);
    json_object_foreach(researchers, id, v)
    {
        snprintf(field, sizeof field, "/researchers/%.50s", id);
        if (!json_is_string(v)) {
            return FAIL_FIELD(
                &cx->diag, ERR_INVALID, field, "a share is a decimal text");
        }
        (*out)[*n].user_id = id;
        TRY(nano_take(
            &cx->diag, field, json_string_value(v), &(*out)[*n].epsilon_nano));
        ++*n;
    }
    return ERR_OK;
}

enum err
budget_allocate(struct request *rq, struct reply *rp)
{
    struct ctx *cx = rq->cx;
    const char *epsilon = NULL;
    json_t *researchers = NULL;
    struct budget_share *shares;
    int64_t epsilon_nano = -1;
    struct dataset ds;
    size_t n;

    TRY(json_take(&cx->diag, rq->body, "{s?s, s?o !}", "epsilon", &epsilon,
        "researchers", &researchers));
    TRY(nano_take(&cx->diag, "/epsilon", epsilon, &epsilon_nano));
    TRY(shares_take(cx, researchers, &shares, &n));
    TRY(dataset_visible(cx, rq->param[0], &ds));
    TRY(budget_match(rq, &ds));
    TRY(budget_share_out(cx, &ds, rq->param[1], epsilon_nano, shares, n));
    return reply_json(rq, rp, 200,
        json_pack("{s:s, s:o, s:o}", "project", rq->param[1], "epsilon",
            epsilon != NULL ? json_string(epsilon) : json_null(), "researchers",
            researchers != NULL ? json_incref(researchers) : json_object()));
}

/* The book shows what others asked. */
static enum err
insider_check(struct ctx *cx, const struct dataset *ds)
{
    if (dataset_is_insider(cx, ds))
        return ERR_OK;
    return forbidden(
        cx, "ledger.read", "owner, administrators and auditors alone read the ledger");
}

static enum err
ledger_item(struct ctx *cx, const void *list, struct item *out, bool *more)
{
    struct ledger_row row;

    (void)list;
    TRY(ledger_next(cx, &row, more));
    if (*more)
        *out = (struct item){ledger_row_to_json(&row), seq_key(cx, row.seq)};
    return ERR_OK;
}

static enum err
share_item(struct ctx *cx, const void *ds, struct item *out, bool *more)
{
    struct ledger_share share;

    TRY(ledger_shares_next(cx, &share, more));
    if (*more)
        *out = (struct item){share_to_json(ds, &share), ledger_share_key(cx, &share)};
    return ERR_OK;
}

enum err
budget_allocations(struct request *rq, struct reply *rp)
{
    struct ctx *cx = rq->cx;
    struct dataset ds;
    struct page page;

    TRY(page_take(rq, &page));
    TRY(query_end(rq));
    TRY(dataset_visible(cx, rq->param[0], &ds));
    TRY(insider_check(cx, &ds));
    TRY(ledger_shares(cx, ds.id, page.after, page.limit + 1));
    return reply_walk(rq, rp, &page, share_item, &ds);
}

enum err
ledger_list(struct request *rq, struct reply *rp)
{
    struct ctx *cx = rq->cx;
    struct dataset ds;
    struct page page;
    int64_t after;

    TRY(page_take_seq(rq, &page, &after));
    TRY(query_end(rq));
    TRY(dataset_visible(cx, rq->param[0], &ds));
    TRY(insider_check(cx, &ds));
    TRY(ledger_read(cx, ds.id, after, page.limit + 1));
    return reply_walk(rq, rp, &page, ledger_item, NULL);
}

static enum err
point_item(struct ctx *cx, const void *list, struct item *out, bool *more)
{
    struct ledger_point point;

    TRY(ledger_points_next(cx, &point, more));
    if (*more)
        *out = (struct item){point_to_json(list, &point), seq_key(cx, point.seq)};
    return ERR_OK;
}

/* Points are about the dataset as a whole, as the ledger is. */
enum err
budget_history(struct request *rq, struct reply *rp)
{
    struct ctx *cx = rq->cx;
    const char *by;
    struct dataset ds;
    struct page page;
    int64_t after;

    TRY(page_take_seq(rq, &page, &after));
    by = query_text(rq, "by");
    TRY(query_end(rq));
    if (by != NULL && strcmp(by, "day") != 0 && strcmp(by, "entry") != 0)
        return FAIL_FIELD(&cx->diag, ERR_INVALID, "/query/by", "by is day or entry");
    TRY(dataset_visible(cx, rq->param[0], &ds));
    TRY(insider_check(cx, &ds));
    TRY(ledger_points(cx, ds.id, after, by == NULL || by[0] == 'd', page.limit + 1));
    return reply_walk(rq, rp, &page, point_item, &ds);
}
