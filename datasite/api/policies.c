/* policies.c -- the shipped policies, and the one in force for a dataset. */
#include "datasite/api/routes.h"
#include "datasite/api/wire_job.h"
#include "datasite/core/preview.h"

#include <string.h>

enum err
policies_list(struct request *rq, struct reply *rp)
{
    json_auto_t *items = json_array();
    const char *last = NULL;
    struct page page;
    size_t i;

    TRY(page_take(rq, &page));
    TRY(query_end(rq));
    for (i = 0; i < policy_packs_n() && json_array_size(items) < (size_t)page.limit;
         i++) {
        const char *name = policy_pack_name(i); /* in the order of their names */
        struct policy policy;
        json_auto_t *doc = NULL;

        if (page.after != NULL && strcmp(name, page.after) <= 0)
            continue;
        TRY(policy_pack(&rq->cx->diag, str_of(name), &doc));
        TRY(policy_parse(&rq->cx->diag, rq->cx->arena, doc, &policy));
        json_array_append_new(items,
            json_pack("{s:s, s:s, s:o, s:o}", "name", name, "title", policy.title,
                "document", json_incref(doc), "words", policy_words(&policy)));
        last = name;
    }
    return reply_page(rq, rp, json_incref(items), i < policy_packs_n() ? last : NULL);
}

/* The JSON Schema that policy documents hold. */
enum err
policy_schema_get(struct request *rq, struct reply *rp)
{
    TRY(query_end(rq));
    return reply_bytes(rp, "application/schema+json", policy_schema());
}

static void
policy_etag(struct reply *rp, const struct dataset *ds)
{
    reply_etag(rp, "%s-p%lld", ds->id, (long long)ds->policy_version);
}

static enum err
policy_reply(struct request *rq, struct reply *rp, const struct dataset *ds)
{
    struct policy policy;

    TRY(dataset_policy(rq->cx, ds, &policy));
    policy_etag(rp, ds);
    return reply_json(rq, rp, 200, policy_to_json(ds, &policy));
}

enum err
dataset_policy_get(struct request *rq, struct reply *rp)
{
    struct dataset ds;

    TRY(query_end(rq));
    TRY(dataset_visible(rq->cx, rq->param[0], &ds));
    return policy_reply(rq, rp, &ds);
}

/* None where this program no longer knows what a document of old says. */
static json_t *
past_words(struct ctx *cx, const char *policy_json)
{
    json_auto_t *doc = stored_to_json(policy_json);
    struct diag unread = {0};
    struct policy policy;

    return policy_parse(&unread, cx->arena, doc, &policy) == ERR_OK
        ? policy_words(&policy)
        : json_array();
}

static enum err
past_item(struct ctx *cx, const void *list, struct item *out, bool *more)
{
    struct policy_past past;

    (void)list;
    TRY(policy_past_next(cx, &past, more));
    if (!*more)
        return ERR_OK;
    out->key = seq_key(cx, past.version);
    out->json =
        json_pack("{s:I, s:s, s:o, s:o, s:o}", "version", (json_int_t)past.version,
            "name", past.name, "document", stored_to_json(past.policy_json), "words",
            past_words(cx, past.policy_json), "since", time_to_json(past.since));
    return ERR_OK;
}

enum err
dataset_policy_versions(struct request *rq, struct reply *rp)
{
    struct dataset ds;
    struct page page;
    int64_t after;

    TRY(page_take_seq(rq, &page, &after));
    TRY(query_end(rq));
    TRY(dataset_visible(rq->cx, rq->param[0], &ds));
    TRY(policy_past_list(rq->cx, &ds, after, page.limit + 1));
    return reply_walk(rq, rp, &page, past_item, NULL);
}

/* "dp-only" names a pack, so does {"name":"dp-only"}; {"policy":…} is what a new dataset
 * has, a name or a document; anything else is a document. */
static json_t *
policy_choice(const struct request *rq)
{
    json_t *name = json_object_get(rq->body, "name");
    json_t *policy = json_object_get(rq->body, "policy");

    if (json_object_size(rq->body) != 1)
        return rq->body;
    if (json_is_string(name))
        return name;
    return policy != NULL ? policy : rq->body;
}

enum err
dataset_policy_preview(struct request *rq, struct reply *rp)
{
    struct dataset ds;
    json_t *doc;

    TRY(dataset_owned(rq->cx, rq->param[0], &ds));
    TRY(preview_policy(rq->cx, &ds, policy_choice(rq), &doc));
    return reply_json(rq, rp, 200, doc);
}

enum err
dataset_policy_put(struct request *rq, struct reply *rp)
{
    struct reply now = {0};
    struct dataset ds;

    TRY(dataset_owned(rq->cx, rq->param[0], &ds));
    policy_etag(&now, &ds);
    TRY(precondition_match(rq, now.etag));
    TRY(dataset_policy_set(rq->cx, &ds, policy_choice(rq)));
    return policy_reply(rq, rp, &ds);
}
