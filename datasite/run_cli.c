/* run_cli.c -- `run --mock`: a job on a mock, on this machine. */
#include "datasite/base/check.h"
#include "datasite/base/fdio.h"
#include "datasite/cli.h"
#include "datasite/core/check.h"
#include "datasite/options.h"
#include "datasite/trial.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
        const struct csv_place *at = &report->places[i];
        fprintf(stderr, "%s:%" PRId64 ":%d: error: %s%s%s [mock]\n", t->mock, at->line,
            at->column, at->name, at->name[0] == '\0' ? "" : ": ", at->text);
    }
    if (lseek(fd, 0, SEEK_SET) == -1)
        return FAIL(d, ERR_IO, "%s: %s", t->mock, strerror(errno));
    return ERR_OK;
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
        trial_print_json(o->output);
    } else {
        trial_print_finding(t, o->line, o->column, o->text,
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
    struct stat st;
    FD_SCOPE(mock) = open(t->mock, O_RDONLY | O_CLOEXEC);

    if (mock == -1)
        return FAIL(d, ERR_NOT_FOUND, "%s: %s", t->mock, strerror(errno));
    if (fstat(mock, &st) == -1 || !S_ISREG(st.st_mode))
        return FAIL(d, ERR_INVALID, "%s: the mock must be a CSV file", t->mock);
    TRY(check_mock(d, t, mock, &report));
    if (report.places_n > 0) {
        *answer = ANSWER_FAILED;
        return ERR_OK;
    }
    TRY(trial_attempt(d, t, &(struct attempt){t->source, mock, report.rows}, &o));
    if (t->as_json) {
        json_auto_t *doc = outcome_json(&o);
        trial_print_json(doc);
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
        "log", "", "measurements", "findings", trial_report_scan(t), "failure");

    if (t->as_json)
        trial_print_json(doc);
    *answer = ANSWER_NO;
    return ERR_OK;
}

enum err
cmd_run(struct diag *d, int argc, char **argv, enum answer *answer)
{
    struct words words = {.name = "JOB.lua"};
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
