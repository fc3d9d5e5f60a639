/* check_cli.c -- `check`: what can be said of a job without running it. */
#include "datasite/base/check.h"
#include "datasite/base/fdio.h"
#include "datasite/base/limits.h"
#include "datasite/cli.h"
#include "datasite/options.h"
#include "datasite/trial.h"

#include <stdio.h>

static const char end_at_once[] = "do return end ";

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

/* A mock of no rows: the header alone. */
static void
header_of(const struct schema *schema, struct buf *out)
{
    for (size_t i = 0; i < schema->columns_n; i++) {
        buf_addz(out, i > 0 ? ",\"" : "\"");
        for (const char *p = schema->columns[i].name; *p != '\0'; p++)
            buf_addf(out, *p == '"' ? "%c%c" : "%c", *p, *p);
        buf_addz(out, "\"");
    }
    buf_addz(out, "\n");
}

/* Lua reads the whole text before it does any of it, and the first thing that this one
 * does is to end. The lines keep their numbers. A text that leaves no room for that is
 * not read: its run tells. */
static enum err
compile(struct diag *d, const struct trial *t, struct outcome *out)
{
    FD_SCOPE(mock) = -1;
    BUF_SCOPE(header);
    BUF_SCOPE(source);

    buf_init(&header, BODY_BYTES_MAX);
    buf_init(&source, (size_t)2 * SOURCE_BYTES_MAX);
    header_of(&t->schema, &header);
    TRY(memfd_of(d, "no rows", buf_str(&header), &mock));
    buf_addz(&source, end_at_once);
    buf_add(&source, t->source.ptr, t->source.len);
    return trial_attempt(d, t, &(struct attempt){buf_str(&source), mock, 0}, out);
}

static enum err
check_syntax(struct diag *d, const struct trial *t, json_t *findings)
{
    struct outcome o __attribute__((cleanup(outcome_release))) = {0};

    if (t->source.len + sizeof end_at_once > SOURCE_BYTES_MAX)
        return ERR_OK;
    TRY(compile(d, t, &o));
    if (o.kind == OUTCOME_OK)
        return ERR_OK;
    if (!t->as_json)
        trial_print_finding(t, o.line, o.column, o.text, "syntax");
    json_array_append_new(findings, trial_finding_json(o.line, 1, o.text, "syntax"));
    return ERR_OK;
}

enum err
cmd_check(struct diag *d, int argc, char **argv, enum answer *answer)
{
    struct words words = {.name = "JOB.lua"};
    json_auto_t *findings = NULL, *doc = NULL;
    bool ok;
    TRIAL_SCOPE(t) = {0};
    const struct opt opts[] = {{.name = "--schema", .value = &t.schema_path},
        {.name = "--lane", .value = &t.lane_word},
        {.name = "--json", .flag = &t.as_json}};

    TRY(options_parse(d, argc, argv, opts, ARRAY_N(opts), 1, 1, &words));
    t.job = words.word[0];
    TRY(trial_read(d, &t));
    findings = trial_report_scan(&t);
    if (json_array_size(findings) == 0)
        TRY(check_syntax(d, &t, findings));
    ok = json_array_size(findings) == 0;
    doc = json_pack("{s:b, s:O, s:o}", "ok", (int)ok, "findings", findings, "columns",
        columns_json(&t));
    if (t.as_json) {
        trial_print_json(doc);
    } else if (ok) {
        printf("%s: nothing speaks against it\n", t.job);
    }
    *answer = ok ? ANSWER_YES : ANSWER_NO;
    return ERR_OK;
}
