/* adverse.c -- a job tried on mocks that a script seldom thinks of. */
#include "datasite/core/adverse.h"

#include "datasite/base/fdio.h"
#include "datasite/core/site.h"
#include "policies/mockgen.h"

#include <stdio.h>

#define ROWS          24
#define CSV_BYTES_MAX (16 << 20)
#define CPU_MS_MAX    1000
#define WALL_MS_MAX   3000

static const char *const shows[] = {[MOCK_NO_ROWS] = "there is not one row",
    [MOCK_ONE_GROUP] = "all groups but one are empty",
    [MOCK_NULLS] = "whatever may be null is",
    [MOCK_EXTREMES] = "values lie at their bounds"};

/* Ends that are the script's own doing. What is cut off by the tight limits here, or by
 * prices that noise decides about, says nothing of it. */
static bool
is_failure(enum outcome_kind k)
{
    return k == OUTCOME_SCRIPT_ERROR || k == OUTCOME_MEMORY ||
        k == OUTCOME_SANDBOX_VIOLATION;
}

static enum err
note(struct ctx *cx, enum mock_kind kind, const struct outcome *o, json_t *findings)
{
    char text[sizeof o->text + 128];

    snprintf(text, sizeof text, "fails on the mock %s, in which %s: %s",
        schema_mock_name(kind), shows[kind], o->text);
    return json_array_append_new(findings,
               json_pack("{s:s, s:o, s:n, s:s}", "rule", "adverse-mock", "line",
                   o->line > 0 ? json_integer(o->line) : json_null(), "column", "text",
                   text)) == 0
        ? ERR_OK
        : FAIL(&cx->diag, ERR_INTERNAL, "no memory for a finding");
}

static enum err
run_on(struct ctx *cx, const struct check_ask *ask, const struct check_report *r,
    enum mock_kind kind, struct outcome *out)
{
    char run_id[ID_BYTES];
    struct order order = check_order(ask, id_new("run", run_id), r->scan.columns);
    BUF_SCOPE(csv);
    FD_SCOPE(fd) = -1;

    buf_init(&csv, CSV_BYTES_MAX);
    TRY(schema_awkward_csv(&cx->diag, &ask->schema, kind, ROWS, &csv));
    TRY(memfd_of(&cx->diag, "mock", buf_str(&csv), &fd));
    order.mock_fd = fd;
    order.rows_assumed = ask->ds->mock_rows;
    order.limits.cpu_ms = CPU_MS_MAX;
    order.limits.wall_ms = WALL_MS_MAX;
    return runner_run(cx->site->runner, &cx->diag, &order, NULL, out);
}

enum err
adverse_run(struct ctx *cx, const struct check_ask *ask, struct check_report *io)
{
    if (!io->ran || io->outcome.kind != OUTCOME_OK)
        return ERR_OK;
    io->adverse = json_array();
    for (int k = MOCK_NO_ROWS; k < MOCK_KINDS_N; k++) {
        struct outcome got __attribute__((cleanup(outcome_release))) = {0};
        enum mock_kind kind = (enum mock_kind)k;
        TRY(run_on(cx, ask, io, kind, &got));
        if (is_failure(got.kind))
            TRY(note(cx, kind, &got, io->adverse));
    }
    return ERR_OK;
}
