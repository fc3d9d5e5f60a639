/* trial.c -- a job read, scanned and run on this machine, without a server and without
 * private data, through the same scan, sandbox and limits. */
#include "datasite/trial.h"

#include "datasite/base/check.h"
#include "datasite/base/fdio.h"
#include "datasite/base/limits.h"
#include "datasite/cli.h"
#include "datasite/datadir.h"

#include <stdio.h>
#include <string.h>

#define WORK_ARENA_BYTES   ((size_t)64 << 20)
#define DELTA_ATTO_DEFAULT INT64_C(1000000000000) /* 1e-6 */

void
trial_release(struct trial *t)
{
    arena_free(t->arena);
    buf_release(&t->schema_json);
}
/* Reading */

static enum err
read_source(struct diag *d, struct trial *t)
{
    size_t len;
    char *normal;
    BUF_SCOPE(text);

    /* More than a job may have: what is too long is a finding, not a failure. */
    buf_init(&text, (size_t)2 * SOURCE_BYTES_MAX);
    TRY(file_read(d, t->job, &text));
    normal = source_normal(t->arena, buf_str(&text), &len);
    if (normal == NULL)
        return FAIL(d, ERR_TOO_LARGE, "%s: too long", t->job);
    t->source = (struct str){normal, len};
    return ERR_OK;
}

/* A schema document, or a whole dataset document of which it is a part. */
static enum err
parse_schema(struct diag *d, struct trial *t, struct str text)
{
    json_auto_t *doc = NULL, *part = NULL;
    json_t *unit = NULL, *columns = NULL;

    TRY(json_parse(d, text, &doc));
    TRY(json_take(d, doc, "{s?o, s:o}", "unit", &unit, "columns", &columns));
    part = unit == NULL ? json_pack("{s:O}", "columns", columns)
                        : json_pack("{s:O, s:O}", "unit", unit, "columns", columns);
    TRY(schema_parse(d, t->arena, part, &t->schema));
    buf_init(&t->schema_json, BODY_BYTES_MAX);
    return json_text(d, part, &t->schema_json);
}

/* What is wrong with it is told with its file, and with the member where that is known. */
static enum err
read_schema(struct diag *d, struct trial *t)
{
    struct diag why = {0};
    enum err result;
    BUF_SCOPE(text);

    buf_init(&text, BODY_BYTES_MAX);
    TRY(file_read(d, t->schema_path, &text));
    result = parse_schema(&why, t, buf_str(&text));
    if (result == ERR_OK)
        return ERR_OK;
    return FAIL(d, result, "%s: %s%s%s", t->schema_path, why.field,
        why.field[0] == '\0' ? "" : ": ", why.text);
}

static enum err
read_numbers(struct diag *d, struct trial *t)
{
    t->cap = (struct budget){PRICE_NANO_MAX, ATTO, PRICE_NANO_MAX};
    if (t->lane_word != NULL && !lane_parse(str_of(t->lane_word), &t->lane)) {
        return FAIL(
            d, ERR_INVALID, "--lane %s: a lane is dp, exact or rows", t->lane_word);
    }
    t->accounting = ACCOUNT_ZCDP;
    if (t->accounting_word != NULL && strcmp(t->accounting_word, "pure") == 0) {
        t->accounting = ACCOUNT_PURE;
    } else if (t->accounting_word != NULL && strcmp(t->accounting_word, "zcdp") != 0) {
        return FAIL(d, ERR_INVALID, "--accounting is pure or zcdp");
    }
    t->seed = 1;
    if (t->seed_word != NULL &&
        (!str_fixed(str_of(t->seed_word), 0, &t->seed) || t->seed < 0))
        return FAIL(d, ERR_INVALID, "--seed %s: a whole number from 0", t->seed_word);
    return ERR_OK;
}

/* --epsilon and --delta bound the run as a job's max_budget would. Without the first
 * there is no bound. */
static enum err
read_cap(struct diag *d, struct trial *t)
{
    struct promise *p = &t->promise;

    *p = (struct promise){.epsilon_nano = PRICE_NANO_MAX};
    p->delta_atto = t->accounting == ACCOUNT_PURE ? 0 : DELTA_ATTO_DEFAULT;
    if (t->delta != NULL && !atto_parse(str_of(t->delta), &p->delta_atto))
        return FAIL(d, ERR_INVALID, "--delta %s: a decimal number", t->delta);
    p->at_delta_atto = p->delta_atto;
    if (t->epsilon != NULL && !nano_parse(str_of(t->epsilon), &p->epsilon_nano))
        return FAIL(d, ERR_INVALID, "--epsilon %s: a decimal number", t->epsilon);
    if (t->epsilon == NULL && t->delta == NULL)
        return ERR_OK;
    return accountant_limit(d, t->accounting, p->epsilon_nano, p->delta_atto, &t->cap);
}

enum err
trial_read(struct diag *d, struct trial *t)
{
    if (t->schema_path == NULL)
        return FAIL(d, ERR_INVALID, "say --schema SCHEMA.json");
    t->arena = arena_new(WORK_ARENA_BYTES);
    TRY(read_numbers(d, t));
    TRY(read_cap(d, t));
    TRY(read_source(d, t));
    TRY(read_schema(d, t));
    return codescan_run(d, t->arena, t->source, &t->schema, t->lane, &t->scan);
}

/* Running */

static enum err
run_order(struct diag *d, const struct trial *t, const struct attempt *a,
    struct runner *r, struct outcome *out)
{
    const struct order order = {.run_id = "offline",
        .source = a->source,
        .schema_json = buf_str(&t->schema_json),
        .lane = t->lane,
        .accounting = t->accounting,
        .cap = t->cap,
        .promise = t->promise,
        .rows_assumed = a->rows,
        .seed = (uint64_t)t->seed,
        .limits = {.cpu_ms = RUN_CPU_MS_DEFAULT,
            .wall_ms = RUN_WALL_MS_DEFAULT,
            .memory_bytes = RUN_MEMORY_BYTES_DEFAULT,
            .questions_max = RUN_QUESTIONS_DEFAULT,
            .output_bytes_max = RUN_OUTPUT_BYTES_DEFAULT},
        .columns = t->scan.columns,
        .mock_fd = a->mock};

    return runner_run(r, d, &order, NULL, out);
}

enum err
trial_attempt(
    struct diag *d, const struct trial *t, const struct attempt *a, struct outcome *out)
{
    struct runner *r = NULL;
    enum err result;

    TRY(runner_beside(d, &r));
    result = run_order(d, t, a, r, out);
    runner_stop(r);
    return result;
}

/* Reporting */

/* One diagnostic as compilers write it, so that editors find the place. */
void
trial_print_finding(
    const struct trial *t, int line, int column, const char *text, const char *rule)
{
    fprintf(stderr, "%s:%d:%d: error: ", t->job, line > 0 ? line : 1,
        column > 0 ? column : 1);
    cli_put_plain(stderr, text);
    fprintf(stderr, " [%s]\n", rule);
}

json_t *
trial_finding_json(int line, int column, const char *text, const char *rule)
{
    return json_pack("{s:s, s:i, s:i, s:s}", "rule", rule, "line", line, "column",
        column, "text", text);
}

/* Prints what the scan found, or the same as JSON. */
json_t *
trial_report_scan(const struct trial *t)
{
    json_t *list = json_array();

    for (size_t i = 0; i < t->scan.findings_n; i++) {
        const struct finding *f = &t->scan.findings[i];
        json_array_append_new(
            list, trial_finding_json(f->line, f->column, f->text, f->rule));
        if (!t->as_json)
            trial_print_finding(t, f->line, f->column, f->text, f->rule);
    }
    return list;
}

void
trial_print_json(const json_t *v)
{
    json_dumpf(v, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
    putchar('\n');
}
