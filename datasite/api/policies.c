/* policies.c -- the policy that is in force for a dataset. */
#include "datasite/api/routes.h"
#include "datasite/api/wire_job.h"

#include <stdio.h>

static enum err
policy_reply(struct request *rq, struct reply *rp, const struct dataset *ds)
{
    reply_etag(rp, "%s-p%lld", ds->id, (long long)ds->policy_version);
    return reply_json(rq, rp, 200, policy_to_json(ds));
}

enum err
dataset_policy_get(struct request *rq, struct reply *rp)
{
    struct dataset ds;

    TRY(query_end(rq));
    TRY(dataset_visible(rq->cx, rq->param[0], &ds));
    return policy_reply(rq, rp, &ds);
}

/* {"name":"dp-only"} alone names a pack; anything more is a document. */
enum err
dataset_policy_put(struct request *rq, struct reply *rp)
{
    json_t *name = json_object_get(rq->body, "name");
    json_t *choice =
        json_object_size(rq->body) == 1 && json_is_string(name) ? name : rq->body;
    struct dataset ds;

    TRY(dataset_owned(rq->cx, rq->param[0], &ds));
    if (request_header(rq, "If-Match") != NULL) {
        char etag[72];
        snprintf(etag, sizeof etag, "%s-p%lld", ds.id, (long long)ds.policy_version);
        TRY(precondition_match(rq, etag));
    }
    TRY(dataset_policy_set(rq->cx, &ds, choice));
    return policy_reply(rq, rp, &ds);
}
