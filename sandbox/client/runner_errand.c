/* runner_errand.c -- orders that are no runs: the vault's, the checks', the self-test. */
#include "sandbox/client/runner_client.h"

#include "datasite/base/clock.h"
#include "datasite/base/fdio.h"
#include "sandbox/client/runner_keeper.h"

#include <string.h>

#define HISTORY_US        INT64_C(60000000)
#define SELFTEST_US       INT64_C(20000000)
#define SELFTEST_FRESH_US INT64_C(60000000)

/* The last and the longest of what an order says. */
static enum err
put_schema(struct diag *d, struct buf *out, struct str json)
{
    field_put_str(out, json);
    return out->full ? FAIL(d, ERR_TOO_LARGE, "the schema is too large") : ERR_OK;
}

static enum err
read_report(struct diag *d, const struct frame *in, struct csv_report *report)
{
    struct fields f = fields_of(buf_str(&in->body));

    report->rows = field_i64(&f, 0, INT64_MAX);
    report->outside_bounds = field_i64(&f, 0, INT64_MAX);
    report->sha256 = field_digest(&f);
    report->places_n = (size_t)field_i64(&f, 0, CSV_PLACES_MAX);
    for (size_t i = 0; i < report->places_n; i++) {
        report->places[i].line = field_i64(&f, 0, INT64_MAX);
        report->places[i].column = (int)field_i64(&f, 0, INT32_MAX);
        field_z(&f, report->places[i].name, sizeof report->places[i].name);
        field_z(&f, report->places[i].text, sizeof report->places[i].text);
    }
    TRY(runner_read_end(d, &f, "a report"));
    if (report->places_n > 0) {
        return FAIL(d, ERR_UNPROCESSABLE,
            "the CSV does not fit the schema: line %lld, %s",
            (long long)report->places[0].line, report->places[0].text);
    }
    return ERR_OK;
}

enum err
runner_ingest(struct runner *r, struct diag *d, const char *dataset_id, int64_t version,
    struct str schema_json, int data_fd, struct csv_report *report)
{
    CALL_SCOPE(r);
    FRAME_SCOPE(in);
    BUF_SCOPE(body);

    *report = (struct csv_report){0};
    buf_init(&body, frame_bytes_max(FRAME_INGEST));
    field_put_z(&body, dataset_id);
    field_put_i64(&body, version);
    TRY(put_schema(d, &body, schema_json));
    TRY(runner_ask(d, r, FRAME_INGEST, buf_str(&body), data_fd, FRAME_REPORT, &in, 0));
    return read_report(d, &in, report);
}

enum err
runner_forget(struct runner *r, struct diag *d, const char *dataset_id, int64_t version)
{
    CALL_SCOPE(r);
    FRAME_SCOPE(in);
    BUF_SCOPE(body);

    buf_init(&body, frame_bytes_max(FRAME_FORGET));
    field_put_z(&body, dataset_id);
    field_put_i64(&body, version);
    return runner_ask(d, r, FRAME_FORGET, buf_str(&body), -1, FRAME_KEPT, &in, 0);
}

/* put_parity of mockorder.c is the other side. */
static enum err
read_parity(struct diag *d, const struct frame *in, struct mock_report *out)
{
    struct fields f = fields_of(buf_str(&in->body));

    *out = (struct mock_report){.columns_n = (size_t)field_i64(&f, 0, COLUMNS_MAX)};
    for (size_t i = 0; i < out->columns_n; i++) {
        struct mock_parity *p = &out->columns[i];
        p->broken_rules = (unsigned)field_i64(&f, 0, SDC_MOCK_ALL);
        p->nulls = field_i64(&f, 0, 1) != 0;
        p->categories = field_i64(&f, 0, 1) != 0;
        out->leaks = out->leaks || p->broken_rules != 0;
    }
    return runner_read_end(d, &f, "a report");
}

enum err
runner_mockcheck(struct runner *r, struct diag *d, const char *dataset_id,
    int64_t version, struct str schema_json, int mock_fd, struct mock_report *report)
{
    CALL_SCOPE(r);
    FRAME_SCOPE(in);
    BUF_SCOPE(body);

    buf_init(&body, frame_bytes_max(FRAME_MOCKCHECK));
    field_put_z(&body, dataset_id);
    field_put_i64(&body, version);
    TRY(put_schema(d, &body, schema_json));
    TRY(runner_ask(
        d, r, FRAME_MOCKCHECK, buf_str(&body), mock_fd, FRAME_PARITY, &in, 0));
    return read_parity(d, &in, report);
}

/* read_order of uniqueorder.c is the other side. */
enum err
runner_unique(struct runner *r, struct diag *d, const char *dataset_id, int64_t version,
    struct str schema_json, const bool *columns, size_t columns_n, int64_t *percent)
{
    CALL_SCOPE(r);
    FRAME_SCOPE(in);
    BUF_SCOPE(body);

    buf_init(&body, frame_bytes_max(FRAME_UNIQUE));
    field_put_z(&body, dataset_id);
    field_put_i64(&body, version);
    field_put_i64(&body, (int64_t)columns_n);
    for (size_t i = 0; i < columns_n; i++)
        field_put_i64(&body, columns[i]);
    TRY(put_schema(d, &body, schema_json));
    TRY(runner_ask(d, r, FRAME_UNIQUE, buf_str(&body), -1, FRAME_SHARE, &in, 0));
    struct fields f = fields_of(buf_str(&in.body));
    *percent = field_i64(&f, 0, 100);
    return runner_read_end(d, &f, "a share");
}

/* read_plans of historyorder.c is the other side. */
static void
put_plans(struct buf *out, const struct history_ask *ask)
{
    field_put_i64(out, (int64_t)ask->plans_n);
    for (size_t i = 0; i < ask->plans_n; i++) {
        field_put_i64(out, ask->plans[i].is_new);
        field_put_i64(out, ask->plans[i].data_version);
        field_put_z(out, ask->plans[i].json);
        field_put_z(out, ask->plans[i].withheld);
    }
}

/* put_verdict of historyorder.c is the other side. */
static enum err
read_verdict(struct diag *d, const struct frame *in, const struct history_ask *ask,
    struct history_verdict *out)
{
    struct fields f = fields_of(buf_str(&in->body));
    struct sdc_difference *x = &out->difference;

    *out = (struct history_verdict){0};
    x->found = field_i64(&f, 0, 1) != 0;
    x->complete = field_i64(&f, 0, 1) != 0;
    out->apart_new = field_i64(&f, 0, INT64_MAX);
    out->apart_old = field_i64(&f, 0, INT64_MAX);
    x->sources_n = (size_t)field_i64(&f, 0, SDC_SOURCES_MAX);
    for (size_t i = 0; i < x->sources_n; i++)
        x->sources[i] = (size_t)field_i64(&f, 0, (int64_t)ask->plans_n - 1);
    return runner_read_end(d, &f, "a verdict");
}

enum err
runner_history(struct runner *r, struct diag *d, const struct history_ask *ask,
    struct history_verdict *verdict)
{
    CALL_SCOPE(r);
    FRAME_SCOPE(in);
    BUF_SCOPE(body);
    BUF_SCOPE(plans);
    FD_SCOPE(fd) = -1;

    buf_init(&body, frame_bytes_max(FRAME_HISTORY));
    buf_init(&plans, HISTORY_BYTES_MAX);
    field_put_z(&body, ask->dataset_id);
    field_put_i64(&body, ask->data_version);
    field_put_i64(&body, ask->least);
    field_put_str(&body, ask->schema_json);
    put_plans(&plans, ask);
    if (body.full || plans.full)
        return FAIL(d, ERR_TOO_LARGE, "too much was released to be compared");
    TRY(memfd_of(d, "history", buf_str(&plans), &fd));
    TRY(runner_ask(
        d, r, FRAME_HISTORY, buf_str(&body), fd, FRAME_APART, &in, HISTORY_US));
    return read_verdict(d, &in, ask, verdict);
}

static enum err
selftest(struct diag *d, struct runner *r, char level[128])
{
    FRAME_SCOPE(in);
    struct str nothing = {"", 0};

    TRY(runner_ask(d, r, FRAME_SELFTEST, nothing, -1, FRAME_LEVEL, &in, SELFTEST_US));
    struct fields f = fields_of(buf_str(&in.body));
    field_z(&f, level, 128);
    return runner_read_end(d, &f, "a level");
}

enum err
runner_selftest(struct runner *r, struct diag *d, char level[128])
{
    CALL_SCOPE(r);
    enum err e;

    pthread_mutex_lock(&r->test_lock); /* others wait for the test that is under way */
    int64_t now = clock_mono().us;
    if (r->tested.us == 0 || now - r->tested.us > SELFTEST_FRESH_US ||
        r->test_result != ERR_OK) {
        diag_clear(&r->test_diag);
        r->test_result = selftest(&r->test_diag, r, r->level);
        r->tested.us = now;
    }
    e = r->test_result;
    if (e == ERR_OK) {
        memcpy(level, r->level, sizeof r->level);
    } else {
        *d = r->test_diag;
    }
    pthread_mutex_unlock(&r->test_lock);
    return e;
}
