/* mocks.c -- the public stand-in for private data, given by the owner or made from the
 * schema alone. */
#include "datasite/api/routes.h"
#include "datasite/api/wire_job.h"
#include "datasite/api/wire_mock.h"
#include "datasite/core/writer.h"
#include "policies/mockgen.h"

#define MOCK_ROWS_MAX  1000000
#define MOCK_BYTES_MAX (64 << 20)

static json_t *
mock_json(struct str csv, int64_t rows)
{
    char sha256[65];

    return json_pack("{s:I, s:s}", "rows", (json_int_t)rows, "sha256",
        digest_text(digest_sha256(csv), sha256));
}

static enum err
mock_store(struct ctx *cx, struct dataset *ds, struct str csv, int64_t rows,
    const char *origin)
{
    WRITER_SCOPE(writer, cx);

    return dataset_mock_set(cx, ds, csv, rows, origin);
}

static void
mock_etag(struct reply *rp, const struct dataset *ds)
{
    reply_etag(rp, "%s-m%lld", ds->id, (long long)ds->mock_version);
}

/* One who sends If-Match wants to have seen the newest. */
static enum err
mock_match(struct request *rq, const struct dataset *ds)
{
    struct reply now = {0};

    mock_etag(&now, ds);
    return precondition_match(rq, now.etag);
}

enum err
dataset_mock_get(struct request *rq, struct reply *rp)
{
    struct dataset ds;
    struct str csv;

    TRY(query_end(rq));
    TRY(dataset_visible(rq->cx, rq->param[0], &ds));
    TRY(dataset_mock(rq->cx, &ds, &csv));
    mock_etag(rp, &ds);
    return reply_bytes(rp, "text/csv", csv);
}

/* Whether a mock gives data away is for a process that sees the data to say. */
enum err
dataset_mock_put(struct request *rq, struct reply *rp)
{
    struct ctx *cx = rq->cx;
    struct csv_report report = {0};
    struct mock_report parity;
    struct dataset ds;
    struct schema schema;
    json_t *answer;
    enum err err;

    TRY(dataset_owned(cx, rq->param[0], &ds));
    TRY(mock_match(rq, &ds));
    TRY(dataset_schema(cx, &ds, &schema));
    err = mock_check(cx, &schema, rq->text, &report);
    if (report.places_n > 0)
        rp->json = places_to_json(&report);
    TRY(err);
    err = mock_leak_check(cx, &ds, ds.data_version, rq->text, &parity);
    if (err == ERR_MOCK_LEAK)
        rp->json = mock_leak_to_json(&schema, &parity);
    TRY(err);
    TRY(mock_store(cx, &ds, rq->text, report.rows, "uploaded"));
    mock_etag(rp, &ds);
    answer = mock_json(rq->text, report.rows);
    json_object_set_new(answer, "parity", mock_parity_to_json(&schema, &parity));
    return reply_json(rq, rp, 201, answer);
}

enum err
dataset_mock_generate(struct request *rq, struct reply *rp)
{
    struct ctx *cx = rq->cx;
    json_int_t rows, seed;
    struct dataset ds;
    struct schema schema;
    BUF_SCOPE(csv);

    TRY(json_take(&cx->diag, rq->body, "{s:I, s:I !}", "rows", &rows, "seed", &seed));
    if (rows < 1 || rows > MOCK_ROWS_MAX) {
        return FAIL_FIELD(&cx->diag, ERR_INVALID, "/rows", "rows must be from 1 to %d",
            MOCK_ROWS_MAX);
    }
    if (seed < 0)
        return FAIL_FIELD(&cx->diag, ERR_INVALID, "/seed", "seed must be 0 or more");
    TRY(dataset_owned(cx, rq->param[0], &ds));
    TRY(dataset_schema(cx, &ds, &schema));
    buf_init(&csv, MOCK_BYTES_MAX);
    TRY(schema_mock_csv(&cx->diag, &schema, rows, (uint64_t)seed, &csv));
    if (csv.full) {
        return FAIL_FIELD(&cx->diag, ERR_UNPROCESSABLE, "/rows",
            "so many rows of these columns are more than %d bytes", MOCK_BYTES_MAX);
    }
    TRY(mock_store(cx, &ds, buf_str(&csv), rows, "generated"));
    mock_etag(rp, &ds);
    return reply_json(rq, rp, 201, mock_json(buf_str(&csv), rows));
}
