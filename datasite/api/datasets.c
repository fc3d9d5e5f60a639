/* datasets.c -- private data from the owner's side: declare, upload, publish, grant. */
#include "datasite/api/routes.h"
#include "datasite/api/wire_job.h"
#include "datasite/base/fdio.h"
#include "datasite/base/log.h"
#include "datasite/core/grant.h"
#include "datasite/core/site.h"
#include "datasite/core/writer.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

/* The rows of a dataset are shown to insiders alone: they see another resource. */
static void
dataset_etag(struct request *rq, struct reply *rp, const struct dataset *ds)
{
    reply_etag(rp, "%s-%lld%s", ds->id, (long long)ds->revision,
        dataset_is_insider(rq->cx, ds) ? "i" : "");
}

static enum err
dataset_reply(struct request *rq, struct reply *rp, const struct dataset *ds)
{
    dataset_etag(rq, rp, ds);
    return reply_json(rq, rp, 200, dataset_to_json(rq->cx, ds));
}

enum err
datasets_list(struct request *rq, struct reply *rp)
{
    struct ctx *cx = rq->cx;
    json_auto_t *items = json_array();
    const char *last = NULL;
    struct dataset ds;
    struct page page;
    bool more;

    TRY(page_take(rq, &page));
    TRY(query_end(rq));
    TRY(dataset_list(cx, page.after, page.limit + 1));
    for (int64_t i = 0;; i++) {
        TRY(dataset_next(cx, &ds, &more));
        if (!more || i == page.limit)
            break;
        json_array_append_new(items, dataset_to_json(cx, &ds));
        last = ds.name;
    }
    return reply_page(rq, rp, json_incref(items), more ? last : NULL);
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

enum err
datasets_update(struct request *rq, struct reply *rp)
{
    const char *title = NULL, *description = NULL;
    struct dataset ds;
    char etag[72];

    TRY(json_take(&rq->cx->diag, rq->body, "{s?s, s?s !}", "title", &title,
        "description", &description));
    TRY(dataset_owned(rq->cx, rq->param[0], &ds));
    if (request_header(rq, "If-Match") != NULL) {
        snprintf(etag, sizeof etag, "%s-%lldi", ds.id, (long long)ds.revision);
        TRY(precondition_match(rq, etag));
    }
    TRY(dataset_describe(rq->cx, &ds, title, description));
    return dataset_reply(rq, rp, &ds);
}

enum err
datasets_delete(struct request *rq, struct reply *rp)
{
    struct dataset ds;

    TRY(dataset_owned(rq->cx, rq->param[0], &ds));
    TRY(dataset_archive(rq->cx, &ds));
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
    TRY(data_begin(cx, &ds, &in.version));
    result = ingest_run(rq, &in);
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

enum err
dataset_publish(struct request *rq, struct reply *rp)
{
    struct dataset ds;

    TRY(json_take(&rq->cx->diag, rq->body, "{!}"));
    TRY(dataset_owned(rq->cx, rq->param[0], &ds));
    TRY(dataset_open(rq->cx, &ds));
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

enum err
dataset_grant_put(struct request *rq, struct reply *rp)
{
    struct dataset ds;

    TRY(json_take(&rq->cx->diag, rq->body, "{!}"));
    TRY(dataset_owned(rq->cx, rq->param[0], &ds));
    TRY(grant_put(rq->cx, ds.id, rq->param[1]));
    return reply_json(rq, rp, 200,
        json_pack("{s:s, s:s}", "dataset", ds.name, "user_id", rq->param[1]));
}

enum err
dataset_grant_delete(struct request *rq, struct reply *rp)
{
    struct dataset ds;

    TRY(dataset_owned(rq->cx, rq->param[0], &ds));
    TRY(grant_delete(rq->cx, ds.id, rq->param[1]));
    return reply_none(rp);
}
