/* wire_job.c -- datasets, jobs and results as JSON, both ways. */
#include "datasite/api/wire_job.h"

#include "datasite/api/wire_budget.h"
#include "datasite/core/run.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

json_t *
time_to_json(struct unixus t)
{
    char text[32];

    return t.us == INT64_MIN ? json_null() : json_string(clock_text(t, text));
}

json_t *
stored_to_json(const char *text)
{
    struct diag quiet = {0};
    json_t *v = NULL;

    if (text == NULL || json_parse(&quiet, str_of(text), &v) != ERR_OK)
        return json_null();
    return v;
}

json_t *
text_or_null(const char *text)
{
    return text[0] != '\0' ? json_string(text) : json_null();
}

enum err
nano_take(struct diag *d, const char *field, const char *text, int64_t *out)
{
    if (text == NULL || nano_parse(str_of(text), out))
        return ERR_OK;
    return FAIL_FIELD(d, ERR_INVALID, field,
        "%s must be a decimal number as text, "
        "such as \"0.5\"",
        field + 1);
}

enum err
atto_take(struct diag *d, const char *field, const char *text, int64_t *out)
{
    if (text == NULL || atto_parse(str_of(text), out))
        return ERR_OK;
    return FAIL_FIELD(d, ERR_INVALID, field,
        "%s must be a decimal number as text, "
        "such as \"0.000001\"",
        field + 1);
}

/* Datasets */

/* How many rows there are is nobody's business but the insiders': a count is an answer
 * about the people in the data. */
static json_t *
rows_json(const struct ctx *cx, const struct dataset *ds)
{
    if (!dataset_is_insider(cx, ds) || ds->data_rows < 0)
        return json_null();
    return json_integer(ds->data_rows);
}

json_t *
dataset_to_json(const struct ctx *cx, const struct dataset *ds)
{
    json_auto_t *schema = stored_to_json(ds->schema_json);

    return json_pack(
        "{s:s, s:s, s:s, s:s, s:{s:s, s:s}, s:o, s:O, s:O, s:s, s:s, s:I, s:o, s:o,"
        " s:o, s:b, s:b, s:b, s:o, s:o}",
        "id", ds->id, "name", ds->name, "title", ds->title, "description",
        ds->description, "owner", "id", ds->owner_id, "name", ds->owner_name,
        "reviewers", stored_to_json(ds->reviewers_json), "unit",
        json_object_get(schema, "unit"), "columns", json_object_get(schema, "columns"),
        "accounting", accounting_name(ds->accounting), "policy", ds->policy_name,
        "policy_version", (json_int_t)ds->policy_version, "data_version",
        ds->data_version > 0 ? json_integer(ds->data_version) : json_null(), "rows",
        rows_json(cx, ds), "mock_rows",
        ds->mock_version > 0 ? json_integer(ds->mock_rows) : json_null(), "published",
        (int)ds->published, "discoverable", (int)ds->discoverable, "archived",
        (int)ds->archived, "created_at", time_to_json(ds->created), "updated_at",
        time_to_json(ds->changed));
}

json_t *
policy_to_json(const struct dataset *ds, const struct policy *policy)
{
    return json_pack("{s:s, s:s, s:I, s:o, s:o}", "name", ds->policy_name, "title",
        policy->title, "version", (json_int_t)ds->policy_version, "document",
        stored_to_json(ds->policy_json), "words", policy_words(policy));
}

enum err
dataset_draft_take(struct ctx *cx, json_t *body, struct dataset_draft *out)
{
    struct diag *d = &cx->diag;
    const char *epsilon, *delta = NULL;
    json_t *unit, *columns;

    *out = (struct dataset_draft){.description = ""};
    TRY(json_take(d, body, "{s:s, s:s, s?s, s:o, s:o, s:{s:s, s?s !}, s:o !}", "name",
        &out->name, "title", &out->title, "description", &out->description, "unit",
        &unit, "columns", &columns, "budget", "epsilon", &epsilon, "delta", &delta,
        "policy", &out->policy));
    TRY(nano_take(d, "/budget/epsilon", epsilon, &out->epsilon_nano));
    TRY(atto_take(d, "/budget/delta", delta, &out->delta_atto));
    if (!json_is_string(out->policy) && !json_is_object(out->policy)) {
        return FAIL_FIELD(
            d, ERR_INVALID, "/policy", "a policy is the name of a pack or a document");
    }
    out->schema = json_pack("{s:O, s:O}", "unit", unit, "columns", columns);
    if (out->schema == NULL)
        return FAIL(d, ERR_INTERNAL, "no memory for a schema");
    return ERR_OK;
}

json_t *
places_to_json(const struct csv_report *report)
{
    json_t *list = json_array();
    char pointer[96];

    for (size_t i = 0; i < report->places_n; i++) {
        const struct csv_place *p = &report->places[i];
        snprintf(
            pointer, sizeof pointer, "/line/%" PRId64 "/column/%d", p->line, p->column);
        json_array_append_new(list,
            json_pack("{s:s, s:s, s:I, s:i, s:s}", "pointer", pointer, "detail",
                p->text, "line", (json_int_t)p->line, "column", p->column, "name",
                p->name));
    }
    return json_pack("{s:o}", "errors", list);
}

/* Budgets */

/* Jobs */

/* What the reader may know of a failure: the owner may know all. */
static enum err
failure_shown(struct ctx *cx, const struct job *j, json_t **out)
{
    struct job_version v;

    if (j->failure_json == NULL || job_is_owner(cx, j)) {
        *out = stored_to_json(j->failure_json);
        return ERR_OK;
    }
    TRY(job_version_by(cx, j, j->version, &v));
    *out = run_failure_shown(j, v.mock_json);
    return ERR_OK;
}

/* What the checks found and, last, how far the reviewers are. */
static enum err
requirements_shown(struct ctx *cx, const struct job *j, json_t **out)
{
    struct review_progress p;

    *out = NULL;
    TRY(review_progress(cx, j, &p));
    *out = j->requirements_json != NULL ? stored_to_json(j->requirements_json)
                                        : json_array();
    if (p.shown) {
        json_array_append_new(*out,
            json_pack("{s:s, s:b, s:s, s:s, s:{s:I, s:I, s:I, s:I, s:I, s:I, s:I}}",
                "name", "approvals", "met", (int)p.met, "detail", p.detail, "code",
                p.code, "params", "have", (json_int_t)p.have, "needed",
                (json_int_t)p.needed, "voters", (json_int_t)p.voters, "reach",
                (json_int_t)p.reach, "request_changes", (json_int_t)p.request_changes,
                "reject", (json_int_t)p.reject, "abstain", (json_int_t)p.abstain));
    }
    return ERR_OK;
}

enum err
job_to_json(struct ctx *cx, const struct job *j, json_t **out)
{
    json_t *failure, *requirements;

    TRY(requirements_shown(cx, j, &requirements));
    TRY(failure_shown(cx, j, &failure));
    *out = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:{s:s, s:s}, s:s, s:s, s:I, s:s, s:o,"
        " s:I, s:{s:o, s:o}, s:o, s:o, s:o, s:o, s:o, s:o}",
        "id", j->id, "project", j->project_id, "dataset", j->dataset_name, "title",
        j->title, "question", j->question, "lane", lane_name(j->lane), "author", "id",
        j->author_id, "name", j->author_name, "state", job_state_name(j->state),
        "waiting_on", job_wait_name(job_waits(j->state)), "version",
        (json_int_t)j->version, "source_sha256", j->source_sha256, "dataset_version",
        j->data_version > 0 ? json_integer(j->data_version) : json_null(),
        "policy_version", (json_int_t)j->policy_version, "max_budget", "epsilon",
        nano_json(j->max_epsilon_nano), "delta",
        j->max_delta_atto < 0 ? json_null() : atto_json(j->max_delta_atto), "outputs",
        stored_to_json(j->outputs_json), "requirements", requirements, "quote",
        stored_to_json(j->quote_json), "failure", failure, "created_at",
        time_to_json(j->created), "updated_at", time_to_json(j->changed));
    return *out != NULL ? ERR_OK : FAIL(&cx->diag, ERR_INTERNAL, "no memory for a job");
}

json_t *
job_version_to_json(const struct job_version *v)
{
    return json_pack("{s:I, s:s, s:o, s:o}", "version", (json_int_t)v->number,
        "source_sha256", v->source_sha256, "note",
        v->note[0] != '\0' ? json_string(v->note) : json_null(), "created_at",
        time_to_json(v->submitted));
}

json_t *
review_to_json(const struct review *r)
{
    return json_pack("{s:s, s:I, s:s, s:s, s:o, s:o, s:{s:s, s:s}, s:o, s:o}", "id",
        r->id, "version", (json_int_t)r->version, "source_sha256", r->source_sha256,
        "decision", r->decision, "comment", text_or_null(r->comment), "checklist",
        stored_to_json(r->checklist_json), "reviewer", "id", r->reviewer_id, "name",
        r->reviewer_name, "created_at", time_to_json(r->time), "template",
        r->template_id != NULL ? json_string(r->template_id) : json_null());
}

json_t *
template_to_json(const struct template *t)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:I, s:o, s:o, s:o}", "id",
        t->id, "name", t->name, "lane", t->lane, "source", t->source, "source_sha256",
        t->source_sha256, "parameters", stored_to_json(t->parameters_json),
        "max_epsilon", nano_json(t->max_epsilon_nano), "policy_version",
        (json_int_t)t->policy_version, "signatures", stored_to_json(t->signatures_json),
        "created_at", time_to_json(t->made), "ended_at", time_to_json(t->ended));
}

json_t *
comment_to_json(const struct comment *c)
{
    bool open = c->resolver_name == NULL;

    return json_pack("{s:s, s:I, s:I, s:s, s:{s:s, s:s}, s:s, s:s, s:o, s:b, s:o, s:o}",
        "id", c->id, "version", (json_int_t)c->version, "line", (json_int_t)c->line,
        "text", c->text, "writer", "id", c->writer_id, "name", c->writer_name, "side",
        c->side, "visibility", c->visibility, "created_at", time_to_json(c->time),
        "resolved", (int)!open, "resolved_by",
        open ? json_null() : json_string(c->resolver_name), "resolved_at",
        time_to_json(c->resolved));
}

/* [{name, description?}], with nothing else in it. */
static enum err
outputs_check(struct diag *d, json_t *outputs)
{
    const char *name, *description;
    json_t *one;
    size_t i;

    if (outputs == NULL)
        return ERR_OK;
    if (!json_is_array(outputs))
        return FAIL_FIELD(d, ERR_INVALID, "/outputs", "outputs must be an array");
    if (json_array_size(outputs) > 100)
        return FAIL_FIELD(d, ERR_INVALID, "/outputs", "at most 100 outputs");
    json_array_foreach(outputs, i, one)
    {
        if (json_take(d, one, "{s:s, s?s !}", "name", &name, "description",
                &description) != ERR_OK) {
            snprintf(d->field, sizeof d->field, "/outputs/%zu", i);
            return ERR_INVALID;
        }
        if (name[0] == '\0' || strlen(name) > NAME_BYTES_MAX) {
            return FAIL_FIELD(d, ERR_INVALID, "/outputs",
                "the name of an output has 1 to %d bytes", NAME_BYTES_MAX);
        }
    }
    return ERR_OK;
}

/* {epsilon, delta?}; absent: -1. A null delta is absent too: a job that is read says so. */
static enum err
max_budget_take(struct diag *d, json_t *budget, struct job_draft *out)
{
    const char *epsilon, *delta = NULL;

    out->epsilon_nano = out->delta_atto = -1;
    if (budget == NULL)
        return ERR_OK;
    if (json_is_null(json_object_get(budget, "delta")))
        json_object_del(budget, "delta");
    if (json_take(d, budget, "{s:s, s?s !}", "epsilon", &epsilon, "delta", &delta) !=
        ERR_OK) {
        char field[sizeof d->field];
        snprintf(field, sizeof field, "/max_budget%.100s", d->field);
        memcpy(d->field, field, sizeof field);
        return ERR_INVALID;
    }
    TRY(nano_take(d, "/max_budget/epsilon", epsilon, &out->epsilon_nano));
    return atto_take(d, "/max_budget/delta", delta, &out->delta_atto);
}

enum err
job_draft_take(struct diag *d, json_t *body, bool strict, struct job_draft *out)
{
    json_t *budget = NULL;
    const char *source;
    size_t len;

    *out = (struct job_draft){0};
    if (strict) {
        TRY(json_take(d, body, "{s:s, s:s, s:s, s?s, s:s%, s:s, s:o, s?o !}", "project",
            &out->project_id, "dataset", &out->dataset, "title", &out->title,
            "question", &out->question, "source", &source, &len, "lane", &out->lane,
            "max_budget", &budget, "outputs", &out->outputs));
    } else {
        TRY(json_take(d, body, "{s:s%, s?s, s?s, s?s, s?o, s?o, s?s !}", "source",
            &source, &len, "title", &out->title, "question", &out->question, "lane",
            &out->lane, "max_budget", &budget, "outputs", &out->outputs, "note",
            &out->note));
    }
    if (strict && out->question == NULL)
        out->question = "";
    out->source = (struct str){source, len};
    TRY(outputs_check(d, out->outputs));
    return max_budget_take(d, budget, out);
}
