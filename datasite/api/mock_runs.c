/* mock_runs.c -- trying a source on the mock, and what it would cost: spends
 * nothing. */
#include "datasite/api/routes.h"
#include "datasite/api/wire_job.h"
#include "datasite/core/grant.h"
#include "datasite/core/quote.h"

static void
report_release_p(struct check_report *r)
{
    check_release(r);
}
#define REPORT_SCOPE(name) \
    struct check_report name __attribute__((cleanup(report_release_p))) = {0}

/* A dataset that the caller owns or was granted. */
static enum err
dataset_usable(struct ctx *cx, const char *name, struct dataset *out)
{
    TRY(dataset_visible(cx, name, out));
    if (dataset_is_owner(cx, out))
        return ERR_OK;
    return grant_check(cx, out->id, cx->actor.id);
}

/* ds outlives ask. */
static enum err
trial_take(struct ctx *cx, const char *dataset, struct str raw, const char *lane_text,
    struct dataset *ds, struct check_ask *ask)
{
    struct str source;
    enum lane lane;

    TRY(job_lane_take(cx, lane_text, &lane));
    TRY(job_source_take(cx, raw, &source));
    TRY(dataset_usable(cx, dataset, ds));
    if (ds->mock_version == 0)
        return FAIL(&cx->diag, ERR_CONFLICT, "the dataset has no mock yet");
    return check_ask_init(cx, ds, source, lane, ask);
}

enum err
mock_runs_create(struct request *rq, struct reply *rp)
{
    const char *dataset, *source, *lane;
    struct check_ask ask;
    struct dataset ds;
    size_t len;
    REPORT_SCOPE(report);

    TRY(json_take(&rq->cx->diag, rq->body, "{s:s, s:s%, s:s !}", "dataset", &dataset,
        "source", &source, &len, "lane", &lane));
    TRY(trial_take(rq->cx, dataset, (struct str){source, len}, lane, &ds, &ask));
    TRY(check_run(rq->cx, &ask, &report));
    return reply_json(rq, rp, 200, check_mock_json(&report));
}

enum err
quotes_create(struct request *rq, struct reply *rp)
{
    const char *dataset, *source, *lane = lane_name(LANE_DP);
    struct check_ask ask;
    struct dataset ds;
    json_t *doc;
    size_t len;
    REPORT_SCOPE(report);

    TRY(json_take(&rq->cx->diag, rq->body, "{s:s, s:s%, s?s !}", "dataset", &dataset,
        "source", &source, &len, "lane", &lane));
    TRY(trial_take(rq->cx, dataset, (struct str){source, len}, lane, &ds, &ask));
    TRY(check_run(rq->cx, &ask, &report));
    doc = quote_json(&report, &ask, NULL);
    if (doc != NULL) {
        json_object_set_new(doc, "findings", check_findings_json(&report));
        json_object_set_new(
            doc, "failure", report.ran ? failure_json(&report.outcome) : json_null());
    }
    return reply_json(rq, rp, 200, doc);
}
