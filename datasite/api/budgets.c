/* budgets.c -- what a dataset may still give away, and the book of what it gave. */
#include "datasite/api/routes.h"
#include "datasite/api/wire_job.h"

#include <stdio.h>
#include <stdlib.h>

#define SHARES_MAX 1000

/* Everything about a budget follows from its book: the newest row is the tag. */
static void
budget_tag(const struct dataset *ds, int64_t seq, char out[72])
{
    snprintf(out, 72, "%s-b%lld", ds->id, (long long)seq);
}

static enum err
budget_reply(struct request *rq, struct reply *rp, const struct dataset *ds)
{
    struct budget_view view;

    TRY(budget_view(rq->cx, ds, &view));
    budget_tag(ds, view.seq, rp->etag);
    return reply_json(rq, rp, 200, budget_to_json(&view));
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
    int64_t epsilon_nano, seq;
    struct dataset ds;
    char etag[72];

    TRY(json_take(
        &cx->diag, rq->body, "{s:s, s?s !}", "epsilon", &epsilon, "reason", &reason));
    TRY(nano_take(&cx->diag, "/epsilon", epsilon, &epsilon_nano));
    TRY(dataset_visible(cx, rq->param[0], &ds));
    TRY(ledger_head(cx, ds.id, &seq));
    budget_tag(&ds, seq, etag);
    TRY(precondition_match(rq, etag));
    TRY(budget_set(cx, &ds, epsilon_nano, ds.delta_atto, reason));
    return budget_reply(rq, rp, &ds);
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
    snprintf(cx->diag.extra, sizeof cx->diag.extra, "%s",
        "{\"missing_permission\":\"ledger.read\"}");
    return FAIL(&cx->diag, ERR_FORBIDDEN,
        "owner, administrators and auditors alone read the ledger");
}

enum err
ledger_list(struct request *rq, struct reply *rp)
{
    struct ctx *cx = rq->cx;
    json_auto_t *items = json_array();
    struct ledger_row row;
    struct dataset ds;
    struct page page;
    char last[24];
    int64_t after = 0;
    bool more;

    TRY(page_take(rq, &page));
    TRY(query_end(rq));
    if (page.after != NULL)
        after = strtoll(page.after, NULL, 10);
    TRY(dataset_visible(cx, rq->param[0], &ds));
    TRY(insider_check(cx, &ds));
    TRY(ledger_read(cx, ds.id, after, page.limit + 1));
    for (int64_t i = 0;; i++) {
        TRY(ledger_next(cx, &row, &more));
        if (!more || i == page.limit)
            break;
        json_array_append_new(items, ledger_row_to_json(&row));
        snprintf(last, sizeof last, "%lld", (long long)row.seq);
    }
    return reply_page(rq, rp, json_incref(items), more ? last : NULL);
}
