/* risks.c -- what a job may cost the people in the data, for the owner alone. */
#include "datasite/api/routes.h"
#include "datasite/core/risk.h"

enum err
risk_get(struct request *rq, struct reply *rp)
{
    struct job j;
    json_t *doc;

    TRY(query_end(rq));
    TRY(job_visible(rq->cx, rq->param[0], &j));
    TRY(job_must_own(rq->cx, &j, "job.risk"));
    TRY(risk_report(rq->cx, &j, &doc));
    return reply_json(rq, rp, 200, doc);
}
