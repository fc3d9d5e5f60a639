/* run_cli.c -- `check` and `run --mock`: a job on this machine, without a server and
 * without private data, through the same scan, sandbox and limits. */
#include "datasite/base/check.h"
#include "datasite/base/fdio.h"
#include "datasite/base/limits.h"
#include "datasite/cli.h"
#include "datasite/core/check.h"
#include "datasite/datadir.h"
#include "datasite/options.h"
#include "policies/codescan.h"
#include "sandbox/runner_client.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MOCK_BYTES_MAX   ((size_t)256 << 20)
#define WORK_ARENA_BYTES ((size_t)64 << 20)

/* What the command line says, and what was read because of it. */
struct trial {
    const char *job, *mock, *schema_path, *lane_word, *accounting_word, *epsilon,
        *delta, *seed_word;
    bool as_json;
    struct arena *arena;
    struct buf schema_json;
    struct schema schema;
    struct str source; /* normalised */
    enum lane lane;
    enum accounting accounting;
    struct budget cap;
    int64_t seed;
    struct codescan scan;
};

static void
trial_release(struct trial *t)
{
    arena_free(t->arena);
    buf_release(&t->schema_json);
}
#define TRIAL_SCOPE(name) struct trial name __attribute__((cleanup(trial_release)))

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
read_schema(struct diag *d, struct trial *t)
{
    json_auto_t *doc = NULL, *part = NULL;
    json_t *unit = NULL, *columns = NULL;
    BUF_SCOPE(text);

    buf_init(&text, BODY_BYTES_MAX);
    TRY(file_read(d, t->schema_path, &text));
    TRY(json_parse(d, buf_str(&text), &doc));
    TRY(json_take(d, doc, "{s?o, s:o}", "unit", &unit, "columns", &columns));
    part = unit == NULL ? json_pack("{s:O}", "columns", columns)
                        : json_pack("{s:O, s:O}", "unit", unit, "columns", columns);
    TRY(schema_parse(d, t->arena, part, &t->schema));
    buf_init(&t->schema_json, BODY_BYTES_MAX);
    return json_text(d, part, &t->schema_json);
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

/* --epsilon and --delta bound the run as a job's max_budget would. */
static enum err
read_cap(struct diag *d, struct trial *t)
{
    int64_t eps, delta = t->accounting == ACCOUNT_PURE ? 0 : INT64_C(1000000000000);

    if (t->epsilon == NULL)
        return ERR_OK;
    if (!nano_parse(str_of(t->epsilon), &eps))
        return FAIL(d, ERR_INVALID, "--epsilon %s: a decimal number", t->epsilon);
    if (t->delta != NULL && !atto_parse(str_of(t->delta), &delta))
        return FAIL(d, ERR_INVALID, "--delta %s: a decimal number", t->delta);
    return accountant_limit(d, t->accounting, eps, delta, &t->cap);
}

static enum err
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

/* Reporting */

/* One diagnostic as compilers write it, so that editors find the place. */
static void
print_finding(
    const struct trial *t, int line, int column, const char *text, const char *rule)
{
    fprintf(stderr, "%s:%d:%d: error: %s [%s]\n", t->job, line > 0 ? line : 1,
        column > 0 ? column : 1, text, rule);
}

static json_t *
finding_json(int line, int column, const char *text, const char *rule)
{
    return json_pack("{s:s, s:i, s:i, s:s}", "rule", rule, "line", line, "column",
        column, "text", text);
}

/* Prints what the scan found, or the same as JSON. */
static json_t *
report_scan(const struct trial *t)
{
    json_t *list = json_array();

    for (size_t i = 0; i < t->scan.findings_n; i++) {
        const struct finding *f = &t->scan.findings[i];
        json_array_append_new(list, finding_json(f->line, f->column, f->text, f->rule));
        if (!t->as_json)
            print_finding(t, f->line, f->column, f->text, f->rule);
    }
    return list;
}

static json_t *
columns_json(const struct trial *t)
{
    json_t *list = json_array();

    for (size_t i = 0; i < t->schema.columns_n; i++) {
        if (t->scan.columns[i])
            json_array_append_new(list, json_string(t->schema.columns[i].name));
    }
    return list;
}

static void
print_json(const json_t *v)
{
    json_dumpf(v, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
    putchar('\n');
}

/* check */

enum err
cmd_check(struct diag *d, int argc, char **argv, enum answer *answer)
{
    struct words words;
    json_auto_t *doc = NULL;
    TRIAL_SCOPE(t) = {0};
    const struct opt opts[] = {{.name = "--schema", .value = &t.schema_path},
        {.name = "--lane", .value = &t.lane_word},
        {.name = "--json", .flag = &t.as_json}};

    TRY(options_parse(d, argc, argv, opts, ARRAY_N(opts), 1, 1, &words));
    t.job = words.word[0];
    TRY(trial_read(d, &t));
    doc = json_pack("{s:b, s:o, s:o}", "ok", t.scan.findings_n == 0, "findings",
        report_scan(&t), "columns", columns_json(&t));
    if (t.as_json) {
        print_json(doc);
    } else if (t.scan.findings_n == 0) {
        printf("%s: nothing speaks against it\n", t.job);
    }
    *answer = t.scan.findings_n == 0 ? ANSWER_YES : ANSWER_NO;
    return ERR_OK;
}

/* run --mock */

/* The mock is read once here, so that what is wrong with it is named with its place. */
static enum err
drop_segment(void *self, struct diag *d, size_t rows, int64_t *const *values,
    uint8_t *const *valid, const struct str *const *texts)
{
    (void)self;
    (void)d;
    (void)rows;
    (void)values;
    (void)valid;
    (void)texts;
    return ERR_OK;
}

static enum err
check_mock(struct diag *d, const struct trial *t, int fd, struct csv_report *report)
{
    const struct csv_sink sink = {.segment = drop_segment};
    struct diag quiet = {0};
    enum err result = csv_load(&quiet, &t->schema, fd, &sink, report);

    if (result != ERR_OK && report->places_n == 0)
        return FAIL(d, result, "%s: %s", t->mock, quiet.text);
    for (size_t i = 0; i < report->places_n; i++) {
        fprintf(stderr, "%s:%" PRId64 ":%d: error: %s: %s [mock]\n", t->mock,
            report->places[i].line, report->places[i].column, report->places[i].name,
            report->places[i].text);
    }
    if (lseek(fd, 0, SEEK_SET) == -1)
        return FAIL(d, ERR_IO, "%s cannot be read twice", t->mock);
    return ERR_OK;
}

static enum err
run_order(struct diag *d, const struct trial *t, struct runner *r, int mock,
    int64_t rows, struct outcome *out)
{
    const struct order order = {.run_id = "offline",
        .source = t->source,
        .schema_json = buf_str(&t->schema_json),
        .lane = t->lane,
        .accounting = t->accounting,
        .cap = t->cap,
        .rows_assumed = rows,
        .seed = (uint64_t)t->seed,
        .limits = {.cpu_ms = RUN_CPU_MS_DEFAULT,
            .wall_ms = RUN_WALL_MS_DEFAULT,
            .memory_bytes = RUN_MEMORY_BYTES_DEFAULT,
            .questions_max = RUN_QUESTIONS_DEFAULT,
            .output_bytes_max = RUN_OUTPUT_BYTES_DEFAULT},
        .columns = t->scan.columns,
        .mock_fd = mock};

    return runner_run(r, d, &order, NULL, out);
}

static enum err
run_on_mock(
    struct diag *d, const struct trial *t, int mock, int64_t rows, struct outcome *out)
{
    char runner_exe[DATADIR_PATH_MAX], worker_exe[DATADIR_PATH_MAX];
    const struct runner_config config = {
        .runner_exe = runner_exe, .worker_exe = worker_exe};
    struct runner *r = NULL;
    enum err result;

    TRY(program_beside(d, "datasite-runner", runner_exe));
    TRY(program_beside(d, "datasite-worker", worker_exe));
    TRY(runner_start(d, &config, &r));
    result = run_order(d, t, r, mock, rows, out);
    runner_stop(r);
    return result;
}

static json_t *
outcome_json(const struct outcome *o)
{
    json_t *failure = o->kind == OUTCOME_OK
        ? json_null()
        : json_pack("{s:s, s:s, s:i, s:i, s:s}", "kind", outcome_name(o->kind), "text",
              o->text, "line", o->line, "column", o->column, "rule", o->rule);
    struct str log = buf_str(&o->log);

    return json_pack("{s:b, s:O?, s:s%, s:o, s:[], s:o}", "ok", o->kind == OUTCOME_OK,
        "outputs", o->output, "log", log.ptr, log.len, "measurements",
        check_measurements_json(o), "findings", "failure", failure);
}

/* The output on stdout, everything else on stderr. */
static void
print_outcome(const struct trial *t, const struct outcome *o)
{
    struct str log = buf_str(&o->log);

    fwrite(log.ptr, 1, log.len, stderr);
    if (o->kind == OUTCOME_OK) {
        print_json(o->output);
    } else {
        print_finding(t, o->line, o->column, o->text,
            o->rule[0] != '\0' ? o->rule : outcome_name(o->kind));
    }
}

/* Policy and budget say no; any other end is a failure of the script, told already. */
static enum answer
answer_of(const struct outcome *o)
{
    if (o->kind == OUTCOME_OK)
        return ANSWER_YES;
    return o->kind == OUTCOME_POLICY || o->kind == OUTCOME_BUDGET ? ANSWER_NO
                                                                  : ANSWER_FAILED;
}

static enum err
run_and_report(struct diag *d, const struct trial *t, enum answer *answer)
{
    struct outcome o __attribute__((cleanup(outcome_release))) = {0};
    struct csv_report report = {0};
    FD_SCOPE(mock) = open(t->mock, O_RDONLY | O_CLOEXEC);

    if (mock == -1)
        return FAIL(d, ERR_NOT_FOUND, "%s: %s", t->mock, strerror(errno));
    TRY(check_mock(d, t, mock, &report));
    if (report.places_n > 0) {
        *answer = ANSWER_FAILED;
        return ERR_OK;
    }
    TRY(run_on_mock(d, t, mock, report.rows, &o));
    if (t->as_json) {
        json_auto_t *doc = outcome_json(&o);
        print_json(doc);
    } else {
        print_outcome(t, &o);
    }
    *answer = answer_of(&o);
    return ERR_OK;
}

/* What the scan speaks against does not run. */
static enum err
report_refusal(const struct trial *t, enum answer *answer)
{
    json_auto_t *doc = json_pack("{s:b, s:n, s:s, s:[], s:o, s:n}", "ok", 0, "outputs",
        "log", "", "measurements", "findings", report_scan(t), "failure");

    if (t->as_json)
        print_json(doc);
    *answer = ANSWER_NO;
    return ERR_OK;
}

enum err
cmd_run(struct diag *d, int argc, char **argv, enum answer *answer)
{
    struct words words;
    TRIAL_SCOPE(t) = {0};
    const struct opt opts[] = {
        {.name = "--mock", .value = &t.mock},
        {.name = "--schema", .value = &t.schema_path},
        {.name = "--lane", .value = &t.lane_word},
        {.name = "--accounting", .value = &t.accounting_word},
        {.name = "--epsilon", .value = &t.epsilon},
        {.name = "--delta", .value = &t.delta},
        {.name = "--seed", .value = &t.seed_word},
        {.name = "--json", .flag = &t.as_json},
    };

    TRY(options_parse(d, argc, argv, opts, ARRAY_N(opts), 1, 1, &words));
    t.job = words.word[0];
    if (t.mock == NULL)
        return FAIL(d, ERR_INVALID, "say --mock FILE.csv; real data never run here");
    TRY(trial_read(d, &t));
    if (t.scan.findings_n > 0)
        return report_refusal(&t, answer);
    return run_and_report(d, &t, answer);
}
