/* datasets.c -- private data from the owner's side: declare, upload, publish, grant. */
#include "datasite/api/routes.h"
#include "datasite/api/wire_job.h"
#include "datasite/api/wire_mock.h"
#include "datasite/base/fdio.h"
#include "datasite/base/log.h"
#include "datasite/core/access.h"
#include "datasite/core/event.h"
#include "datasite/core/grant.h"
#include "datasite/core/reviewers.h"
#include "datasite/core/site.h"
#include "datasite/core/standing.h"
#include "datasite/core/writer.h"
#include "policies/suggest.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#define PIPE_BYTES (1 << 20) /* of an upload on its way to the runner */

/* The rows of a dataset are shown to insiders alone: they see another resource. */
static void
dataset_etag(struct request *rq, struct reply *rp, const struct dataset *ds)
{
    reply_etag(rp, "%s-%lld%s", ds->id, (long long)ds->revision,
        dataset_is_insider(rq->cx, ds) ? "i" : "");
}

/* One who sends If-Match wants to have seen the newest. */
static enum err
dataset_match(struct request *rq, const struct dataset *ds)
{
    struct reply now = {0};

    dataset_etag(rq, &now, ds);
    return precondition_match(rq, now.etag);
}

static enum err
dataset_reply(struct request *rq, struct reply *rp, const struct dataset *ds)
{
    dataset_etag(rq, rp, ds);
    return reply_json(rq, rp, 200, dataset_to_json(rq->cx, ds));
}

static enum err
dataset_item(struct ctx *cx, const void *list, struct item *out, bool *more)
{
    struct dataset ds;

    (void)list;
    TRY(dataset_next(cx, &ds, more));
    if (*more)
        *out = (struct item){dataset_to_json(cx, &ds), ds.name};
    return ERR_OK;
}

enum err
datasets_list(struct request *rq, struct reply *rp)
{
    struct page page;

    TRY(page_take(rq, &page));
    TRY(query_end(rq));
    TRY(dataset_list(rq->cx, page.after, page.limit + 1));
    return reply_walk(rq, rp, &page, dataset_item, NULL);
}

enum err
datasets_create(struct request *rq, struct reply *rp)
{
    struct dataset_draft draft;
    struct dataset ds;
    enum err err;

    TRY(dataset_draft_take(rq->cx, rq->body, &draft));
    err = dataset_create(rq->cx, &draft, &ds);
    json_decref(draft.schema);
    TRY(err);
    dataset_etag(rq, rp, &ds);
    return reply_created(
        rq, rp, dataset_to_json(rq->cx, &ds), "/api/v1/datasets/%s", ds.name);
}

enum err
datasets_suggest(struct request *rq, struct reply *rp)
{
    json_t *doc;

    TRY(schema_suggest(&rq->cx->diag, rq->text, &doc));
    return reply_json(rq, rp, 200, doc);
}

enum err
datasets_get(struct request *rq, struct reply *rp)
{
    struct dataset ds;

    TRY(query_end(rq));
    TRY(dataset_visible(rq->cx, rq->param[0], &ds));
    return dataset_reply(rq, rp, &ds);
}

static enum err
reviewers_take(struct ctx *cx, struct dataset *ds, const json_t *list)
{
    const char **ids;
    const json_t *one;
    size_t i, n = json_array_size(list);

    if (!json_is_array(list)) {
        return FAIL_FIELD(
            &cx->diag, ERR_INVALID, "/reviewers", "reviewers is an array of user ids");
    }
    NEW(cx, ids, n + 1);
    json_array_foreach(list, i, one)
    {
        ids[i] = json_string_value(one);
        if (ids[i] == NULL) {
            return FAIL_FIELD(&cx->diag, ERR_INVALID, "/reviewers",
                "reviewers is an array of user ids");
        }
    }
    return reviewers_set(cx, ds, ids, n);
}

enum err
datasets_update(struct request *rq, struct reply *rp)
{
    const char *title = NULL, *description = NULL;
    json_t *reviewers = NULL;
    int discoverable = -1;
    struct dataset ds;
    TXN_SCOPE(txn);

    TRY(json_take(&rq->cx->diag, rq->body, "{s?s, s?s, s?o, s?b !}", "title", &title,
        "description", &description, "reviewers", &reviewers, "discoverable",
        &discoverable));
    TRY(dataset_owned(rq->cx, rq->param[0], &ds));
    TRY(dataset_match(rq, &ds));
    TRY(txn_begin(&txn, rq->cx->db, &rq->cx->diag));
    if (title != NULL || description != NULL ||
        (reviewers == NULL && discoverable == -1))
        TRY(dataset_describe(rq->cx, &ds, title, description));
    if (reviewers != NULL)
        TRY(reviewers_take(rq->cx, &ds, reviewers));
    if (discoverable != -1)
        TRY(dataset_discover(rq->cx, &ds, discoverable == 1));
    TRY(txn_commit(&txn, &rq->cx->diag));
    event_wake();
    return dataset_reply(rq, rp, &ds);
}

enum err
datasets_delete(struct request *rq, struct reply *rp)
{
    struct dataset ds;

    TRY(dataset_owned(rq->cx, rq->param[0], &ds));
    TRY(dataset_match(rq, &ds));
    TRY(standing_archive(rq->cx, &ds));
    return reply_none(rp);
}

/* Uploads. The body is poured into a pipe on this thread while another waits for what
 * the runner says about the other end. */

struct ingest {
    struct runner *runner;
    const struct dataset *ds;
    int64_t version;
    int fd; /* the pipe's reading end; closed when the runner is done with it */
    struct csv_report report;
    struct diag diag;
    enum err result;
};

static void *
ingest_thread(void *arg)
{
    struct ingest *in = arg;

    in->result = runner_ingest(in->runner, &in->diag, in->ds->id, in->version,
        str_of(in->ds->schema_json), in->fd, &in->report);
    fd_close_p(&in->fd);
    return NULL;
}

/* Both halves. The runner's word comes first: a pipe that it closed early breaks the
 * pouring too. A body that stopped short must not count as whole. */
static enum err
ingest_run(struct request *rq, struct ingest *in)
{
    int ends[2];
    pthread_t thread;
    struct diag poured;
    enum err pour;

    if (pipe2(ends, O_CLOEXEC) == -1)
        return FAIL(&rq->cx->diag, ERR_IO, "no pipe for an upload");
    (void)fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES); /* fewer turns; any size will do */
    in->fd = ends[0];
    if (pthread_create(&thread, NULL, ingest_thread, in) != 0) {
        close(ends[0]);
        close(ends[1]);
        return FAIL(&rq->cx->diag, ERR_IO, "no thread for an upload");
    }
    pour = request_pour(rq, ends[1]);
    poured = rq->cx->diag;
    diag_clear(&rq->cx->diag);
    close(ends[1]);
    pthread_join(thread, NULL);
    rq->cx->diag = in->result != ERR_OK ? in->diag : poured;
    return in->result != ERR_OK ? in->result : pour;
}

static enum err
data_begin(struct ctx *cx, struct dataset *ds, int64_t *version)
{
    WRITER_SCOPE(writer, cx);

    return dataset_data_begin(cx, ds, version);
}

/* The vault forgets first: what it never held is soon forgotten. */
static enum err
data_abandon(struct ctx *cx, struct dataset *ds, int64_t version)
{
    struct diag gone = {0};
    WRITER_SCOPE(writer, cx);

    if (runner_forget(cx->site->runner, &gone, ds->id, version) != ERR_OK)
        log_diag(LOG_INFO, "upload.forget", &gone);
    return dataset_data_abandon(cx, ds, version);
}

static enum err
data_commit(struct ctx *cx, struct dataset *ds, const struct ingest *in)
{
    WRITER_SCOPE(writer, cx);

    return dataset_data_commit(cx, ds, in->version, &in->report);
}

/* The mock that is there must not give away the data that come; ERR_MOCK_LEAK with the
 * columns in the answer. */
static enum err
mock_stands(struct ctx *cx, struct reply *rp, const struct dataset *ds, int64_t version)
{
    struct mock_report parity;
    struct schema schema;
    struct str csv;
    enum err err;

    if (ds->mock_version == 0)
        return ERR_OK;
    TRY(dataset_schema(cx, ds, &schema));
    TRY(dataset_mock(cx, ds, &csv));
    err = mock_leak_check(cx, ds, version, csv, &parity);
    if (err == ERR_MOCK_LEAK)
        rp->json = mock_leak_to_json(&schema, &parity);
    return err;
}

static json_t *
loaded_json(const struct ingest *in)
{
    char sha256[65];

    return json_pack("{s:I, s:I, s:s, s:I, s:[]}", "version", (json_int_t)in->version,
        "rows", (json_int_t)in->report.rows, "sha256",
        digest_text(in->report.sha256, sha256), "outside_bounds",
        (json_int_t)in->report.outside_bounds, "rejected");
}

enum err
dataset_data_put(struct request *rq, struct reply *rp)
{
    struct ctx *cx = rq->cx;
    struct dataset ds;
    struct ingest in = {.runner = cx->site->runner, .ds = &ds};
    struct diag why, quiet = {0};
    enum err result;

    TRY(dataset_owned(cx, rq->param[0], &ds));
    TRY(dataset_match(rq, &ds));
    TRY(data_begin(cx, &ds, &in.version));
    result = ingest_run(rq, &in);
    if (result == ERR_OK)
        result = mock_stands(cx, rp, &ds, in.version);
    if (result == ERR_OK)
        result = data_commit(cx, &ds, &in);
    if (result == ERR_OK)
        return reply_json(rq, rp, 201, loaded_json(&in));
    why = cx->diag;
    cx->diag = quiet;
    if (data_abandon(cx, &ds, in.version) != ERR_OK)
        log_diag(LOG_WARN, "upload.abandon", &cx->diag);
    cx->diag = why;
    if (in.report.places_n > 0)
        rp->json = places_to_json(&in.report);
    return result;
}

/* Publication and grants */

static enum err
open_to_all(struct ctx *cx, struct dataset *ds)
{
    WRITER_SCOPE(writer, cx);

    return dataset_open(cx, ds);
}

enum err
dataset_publish(struct request *rq, struct reply *rp)
{
    struct dataset ds;

    TRY(json_take(&rq->cx->diag, rq->body, "{!}"));
    TRY(dataset_owned(rq->cx, rq->param[0], &ds));
    TRY(mock_stands(rq->cx, rp, &ds, ds.data_version));
    TRY(open_to_all(rq->cx, &ds));
    return reply_json(rq, rp, 201,
        json_pack("{s:s, s:b}", "name", ds.name, "published", (int)ds.published));
}

enum err
dataset_unpublish(struct request *rq, struct reply *rp)
{
    struct dataset ds;

    TRY(dataset_owned(rq->cx, rq->param[0], &ds));
    TRY(dataset_close(rq->cx, &ds));
    return reply_none(rp);
}

static json_t *
grant_to_json(const struct grant *g)
{
    return json_pack("{s:s, s:s, s:s, s:o}", "user_id", g->user_id, "name", g->name,
        "email", g->email, "granted_at", time_to_json(g->granted));
}

enum err
dataset_grants_list(struct request *rq, struct reply *rp)
{
    struct dataset ds;
    struct grant *list;
    struct page page;
    json_t *items;
    size_t n;

    TRY(page_take(rq, &page));
    TRY(query_end(rq));
    TRY(dataset_owned(rq->cx, rq->param[0], &ds));
    TRY(grant_list(rq->cx, ds.id, page.after != NULL ? page.after : "", page.limit + 1,
        &list, &n));
    items = json_array();
    for (size_t i = 0; i < n && i < (size_t)page.limit; i++)
        json_array_append_new(items, grant_to_json(&list[i]));
    return reply_page(
        rq, rp, items, n > (size_t)page.limit ? list[page.limit - 1].user_id : NULL);
}

enum err
dataset_grant_put(struct request *rq, struct reply *rp)
{
    struct dataset ds;

    TRY(json_take(&rq->cx->diag, rq->body, "{!}"));
    TRY(dataset_owned(rq->cx, rq->param[0], &ds));
    TRY(access_grant(rq->cx, &ds, rq->param[1]));
    return reply_json(rq, rp, 200,
        json_pack("{s:s, s:s}", "dataset", ds.name, "user_id", rq->param[1]));
}

enum err
dataset_grant_delete(struct request *rq, struct reply *rp)
{
    struct dataset ds;

    TRY(dataset_owned(rq->cx, rq->param[0], &ds));
    TRY(standing_grant_delete(rq->cx, &ds, rq->param[1]));
    return reply_none(rp);
}
