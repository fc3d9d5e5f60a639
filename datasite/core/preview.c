/* preview.c -- what a policy would have decided on what was asked before. */
#include "datasite/core/preview.h"

#include "datasite/core/expect.h"
#include "datasite/core/withhold.h"

#include <stdio.h>
#include <string.h>

#define PAST_MAX  10000 /* jobs looked at, the newest */
#define ITEMS_MAX 200   /* told of one by one */

/* A job as it was asked. */
struct past {
    const char *id, *lane, *state, *purpose, *question, *outputs_json, *quote_json;
    int64_t source_bytes, approvals, released_us; /* released_us 0: it was not */
};

/* The policy that is tried, beside the one in force. */
struct trial {
    const struct policy *next, *now;
};

/* How many, and of the first ones which and why. */
struct count {
    int64_t total, blocked, held;
    json_t *items;
};

static void
reason_add(json_t *list, const char *rule, const char *text)
{
    json_array_append_new(list, json_pack("{s:s, s:s}", "rule", rule, "text", text));
}

static void
column_reasons(const struct policy *p, const json_t *quote, json_t *reasons)
{
    const json_t *name;
    char text[128];
    size_t i;

    json_array_foreach(json_object_get(quote, "columns"), i, name)
    {
        if (policy_column_ok(p, json_string_value(name)))
            continue;
        snprintf(text, sizeof text, "the policy does not allow the column %.63s",
            json_string_value(name));
        reason_add(reasons, CHECK_POLICY_RULE "column", text);
    }
}

static bool
context_said(const struct past *past)
{
    struct diag quiet = {0};
    json_auto_t *outputs = NULL;

    if (json_parse(&quiet, str_of(past->outputs_json), &outputs) != ERR_OK)
        return false;
    return expect_context_said(
        &(struct expect_words){.question = past->question, .outputs = outputs});
}

/* What the first gate would have had against it. */
static void
input_reasons(const struct policy *p, const struct past *past, const json_t *quote,
    json_t *reasons)
{
    size_t questions = json_array_size(json_object_get(quote, "measurements"));
    enum lane lane;

    if (!lane_parse(str_of(past->lane), &lane) || !policy_lane_ok(p, lane))
        reason_add(reasons, CHECK_POLICY_RULE "lane", "the lane is not allowed");
    column_reasons(p, quote, reasons);
    if (!policy_source_ok(p, (size_t)past->source_bytes))
        reason_add(reasons, CHECK_POLICY_RULE "source-bytes", "the source is too long");
    if (!policy_purpose_ok(p, past->purpose))
        reason_add(reasons, "purpose", "the purpose is none that the policy allows");
    if (p->input.context && !context_said(past))
        reason_add(reasons, "context", "question or outputs are not said in words");
    if ((int64_t)questions > p->questions_max)
        reason_add(reasons, "questions", "it asks more questions than a run may");
}

/* The rules of disclosure control over the evidence that was kept. */
static enum err
disclosure_reasons(
    struct ctx *cx, const struct policy *p, const struct past *past, json_t *reasons)
{
    struct sdc_tally tally = {0};
    json_auto_t *kept = NULL, *tallied = NULL;
    const json_t *one;
    struct result r;
    size_t i;

    TRY(release_load(cx, past->id, &r));
    TRY(withhold_evidence(cx, past->id, &r, &kept));
    json_array_foreach(kept, i, one)
        sdc_json_check(&p->output, json_object_get(one, "evidence"), &tally);
    tallied = sdc_tally_json(&p->output, &tally);
    json_array_foreach(tallied, i, one)
    {
        if (!json_is_true(json_object_get(one, "met"))) {
            reason_add(reasons, json_string_value(json_object_get(one, "name")),
                "an exact answer fails this check");
        }
    }
    return ERR_OK;
}

/* What would have made a release wait: for an owner, or for more reviewers. */
static void
wait_reasons(const struct trial *t, const struct past *past, json_t *reasons)
{
    enum lane lane = LANE_DP;

    if (lane_parse(str_of(past->lane), &lane) &&
        t->now->release[lane] == RELEASE_AUTO && t->next->release[lane] == RELEASE_HELD)
        reason_add(reasons, "release", "it would wait for the owner");
    if (t->next->approvals > past->approvals)
        reason_add(reasons, "approvals", "it would need more approvals");
}

static void
item_add(struct count *c, const struct past *past, bool blocked, json_t *reasons)
{
    c->blocked += blocked;
    c->held += !blocked;
    if (json_array_size(c->items) < ITEMS_MAX) {
        json_array_append_new(c->items,
            json_pack("{s:s, s:s, s:O}", "job", past->id, "outcome",
                blocked ? "blocked" : "held", "reasons", reasons));
    }
}

static enum err
release_judge(struct ctx *cx, const struct trial *t, const struct past *past,
    const json_t *input, struct count *releases)
{
    json_auto_t *hard = json_deep_copy(input), *soft = json_array();
    bool never = t->next->output.exceptions == SDC_EXCEPT_NEVER;

    releases->total++;
    if (t->next->output.exceptions != SDC_EXCEPT_FREE)
        TRY(disclosure_reasons(cx, t->next, past, never ? hard : soft));
    wait_reasons(t, past, soft);
    if (json_array_size(hard) > 0) {
        item_add(releases, past, true, hard);
    } else if (json_array_size(soft) > 0) {
        item_add(releases, past, false, soft);
    }
    return ERR_OK;
}

static enum err
past_judge(struct ctx *cx, const struct trial *t, const struct past *past,
    struct count *jobs, struct count *releases)
{
    json_auto_t *quote = NULL, *reasons = json_array();

    TRY(json_parse(&cx->diag, str_of(past->quote_json), &quote));
    input_reasons(t->next, past, quote, reasons);
    jobs->total++;
    if (json_array_size(reasons) > 0)
        item_add(jobs, past, true, reasons);
    return past->released_us > 0 ? release_judge(cx, t, past, reasons, releases)
                                 : ERR_OK;
}

/* Approved work that the change would send back to its reviewers. */
static void
reopened_note(const struct past *past, json_t *list)
{
    if (strcmp(past->state, "approved") == 0 || strcmp(past->state, "queued") == 0)
        json_array_append_new(list, json_string(past->id));
}

static enum err
past_walk(struct ctx *cx, const struct dataset *ds, const struct trial *t,
    struct count *jobs, struct count *releases, json_t *reopened)
{
    struct past past;
    bool more;

    TRY(db_each(cx->db, &cx->diag, STMT_PREVIEW_JOBS, ds->id, (int64_t)PAST_MAX));
    for (;;) {
        TRY(db_row(cx->db, &cx->diag, cx->arena, STMT_PREVIEW_JOBS, &more, &past.id,
            &past.lane, &past.state, &past.purpose, &past.question, &past.outputs_json,
            &past.quote_json, &past.source_bytes, &past.approvals, &past.released_us));
        if (!more)
            return ERR_OK;
        TRY(past_judge(cx, t, &past, jobs, releases));
        reopened_note(&past, reopened);
    }
}

enum err
preview_policy(struct ctx *cx, const struct dataset *ds, json_t *choice, json_t **out)
{
    struct policy next, now;
    struct trial trial = {&next, &now};
    json_auto_t *job_items = json_array(), *release_items = json_array();
    json_auto_t *reopened = json_array();
    struct count jobs = {.items = job_items}, releases = {.items = release_items};

    TRY(dataset_policy(cx, ds, &now));
    TRY(dataset_policy_read(cx, ds, choice, &next));
    TRY(past_walk(cx, ds, &trial, &jobs, &releases, reopened));
    *out = json_pack("{s:s, s:o, s:{s:I, s:I, s:O}, s:{s:I, s:I, s:I, s:O}, s:O}",
        "policy", next.name, "words", policy_words(&next), "jobs", "total",
        (json_int_t)jobs.total, "blocked", (json_int_t)jobs.blocked, "items", job_items,
        "releases", "total", (json_int_t)releases.total, "blocked",
        (json_int_t)releases.blocked, "held", (json_int_t)releases.held, "items",
        release_items, "reopened", reopened);
    return *out != NULL ? ERR_OK
                        : FAIL(&cx->diag, ERR_INTERNAL, "no memory for a preview");
}

enum err
policy_past_list(struct ctx *cx, const struct dataset *ds, int64_t after, int64_t limit)
{
    return db_each(cx->db, &cx->diag, STMT_POLICY_VERSIONS, ds->id, after, limit);
}

enum err
policy_past_next(struct ctx *cx, struct policy_past *out, bool *more)
{
    return db_row(cx->db, &cx->diag, cx->arena, STMT_POLICY_VERSIONS, more,
        &out->version, &out->name, &out->policy_json, &out->since.us);
}
