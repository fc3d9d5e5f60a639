/* job_submit.c -- a draft becomes a job, or a new version of one. */
#include "datasite/core/job.h"

#include "datasite/core/audit.h"
#include "datasite/core/event.h"
#include "datasite/core/field.h"
#include "datasite/core/grant.h"
#include "datasite/core/project.h"
#include "policies/codescan.h"

#include <stdio.h>
#include <string.h>

#define OUTPUTS_BYTES_MAX (64 << 10)

/* A draft whose words have been looked at. */
struct submission {
    struct dataset ds;
    enum lane lane;
    struct str source;
    char sha256[65];
    const char *outputs;
};

enum err
job_source_take(struct ctx *cx, struct str raw, struct str *out)
{
    size_t len;
    const char *text;
    char size[32];

    if (raw.len > SOURCE_BYTES_MAX) {
        return FAIL_FIELD(&cx->diag, ERR_UNPROCESSABLE, "/source",
            "a source has %s at most", size_text(SOURCE_BYTES_MAX, size));
    }
    text = source_normal(cx->arena, raw, &len);
    if (text == NULL)
        return FAIL(&cx->diag, ERR_TOO_LARGE, "the source needs too much memory");
    if (len == 0) {
        return FAIL_FIELD(
            &cx->diag, ERR_UNPROCESSABLE, "/source", "the source is empty");
    }
    *out = (struct str){text, len};
    return ERR_OK;
}

enum err
job_lane_take(struct ctx *cx, const char *name, enum lane *out)
{
    if (!lane_parse(str_of(name), out)) {
        return FAIL_FIELD(
            &cx->diag, ERR_INVALID, "/lane", "a lane is dp, exact or rows");
    }
    return ERR_OK;
}

static enum err
outputs_take(struct ctx *cx, json_t *outputs, const char **out)
{
    json_auto_t *none = json_array();
    BUF_SCOPE(text);

    buf_init(&text, OUTPUTS_BYTES_MAX);
    TRY(json_canonical(&cx->diag, outputs != NULL ? outputs : none, &text));
    *out = text.full ? NULL : arena_strn(cx->arena, text.ptr, text.len);
    return *out != NULL
        ? ERR_OK
        : FAIL_FIELD(&cx->diag, ERR_UNPROCESSABLE, "/outputs", "too many words");
}

/* May the caller ask about this dataset for this project? */
static enum err
standing_check(struct ctx *cx, const struct job_draft *draft, struct dataset *ds)
{
    enum err err;

    TRY(dataset_visible(cx, draft->dataset, ds));
    err = grant_check(cx, ds->id, cx->actor.id);
    if (err == ERR_NOT_FOUND) {
        diag_clear(&cx->diag);
        return dataset_ungranted(cx, ds);
    }
    TRY(err);
    TRY(project_check(cx, draft->project_id, cx->actor.id, ds->id));
    if (!ds->published || ds->archived)
        return FAIL(&cx->diag, ERR_CONFLICT, "the dataset is not published");
    return ERR_OK;
}

/* The same words by the same person on the same data, other than in `self`. */
static enum err
duplicate_check(struct ctx *cx, const struct submission *s, const char *self)
{
    const char *id;
    enum err err;

    err = db_one(cx->db, &cx->diag, cx->arena, STMT_JOB_DUPLICATE, cx->actor.id,
        s->ds.id, s->sha256, &id);
    if (err == ERR_NOT_FOUND) {
        diag_clear(&cx->diag);
        return ERR_OK;
    }
    TRY(err);
    if (strcmp(id, self) == 0)
        return ERR_OK;
    snprintf(
        cx->diag.extra, sizeof cx->diag.extra, "{\"job\":\"/api/v1/jobs/%s\"}", id);
    return FAIL(&cx->diag, ERR_CONFLICT,
        "you submitted this source for this dataset before: %s", id);
}

static enum err
submission_take(struct ctx *cx, const struct job_draft *draft, struct submission *s)
{
    struct budget hold;

    TRY(field_line(&cx->diag, "/title", draft->title, TITLE_BYTES_MAX));
    if (draft->question[0] != '\0')
        TRY(field_text(&cx->diag, "/question", draft->question, TEXT_BYTES_MAX));
    TRY(job_lane_take(cx, draft->lane, &s->lane));
    TRY(job_source_take(cx, draft->source, &s->source));
    digest_text(digest_sha256(s->source), s->sha256);
    if (draft->note != NULL && draft->note[0] != '\0')
        TRY(field_text(&cx->diag, "/note", draft->note, TEXT_BYTES_MAX));
    TRY(outputs_take(cx, draft->outputs, &s->outputs));
    return dataset_hold(cx, &s->ds, draft->epsilon_nano, draft->delta_atto, &hold);
}

enum err
job_submit(struct ctx *cx, const struct job_draft *draft, struct job *out)
{
    struct submission s;
    char id[ID_BYTES];
    TXN_SCOPE(txn);

    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(standing_check(cx, draft, &s.ds));
    TRY(submission_take(cx, draft, &s));
    TRY(duplicate_check(cx, &s, ""));
    TRY(db_run(cx->db, &cx->diag, NULL, STMT_JOB_INSERT, id_new("job", id),
        draft->project_id, s.ds.id, cx->actor.id, draft->title, draft->question,
        draft->lane, draft->epsilon_nano, draft->delta_atto, s.outputs, cx->now.us));
    TRY(db_run(cx->db, &cx->diag, NULL, STMT_JOB_VERSION_INSERT, id, INT64_C(1),
        s.source.ptr, s.sha256, "", cx->now.us));
    TRY(job_by_id(cx, id, out));
    TRY(audit_append(cx, "job.submit", id,
        json_pack("{s:s, s:s, s:s, s:i}", "dataset", s.ds.id, "project",
            draft->project_id, "source_sha256", s.sha256, "version", 1)));
    TRY(job_announce(cx, out));
    TRY(txn_commit(&txn, &cx->diag));
    event_wake();
    return ERR_OK;
}

enum err
job_revise(struct ctx *cx, struct job *j, const struct job_draft *change)
{
    struct job_draft draft = *change;
    struct submission s;
    json_auto_t *outputs = NULL;
    int64_t version = j->version + 1;
    TXN_SCOPE(txn);

    TRY(job_must_author(cx, j, "job.author"));
    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(job_move(
        cx, j, JOB_CHECKING, json_pack("{s:I}", "version", (json_int_t)version)));
    draft.project_id = j->project_id;
    draft.dataset = j->dataset_name;
    draft.title = draft.title != NULL ? draft.title : j->title;
    draft.question = draft.question != NULL ? draft.question : j->question;
    draft.lane = draft.lane != NULL ? draft.lane : lane_name(j->lane);
    if (draft.epsilon_nano < 0) {
        draft.epsilon_nano = j->max_epsilon_nano;
        draft.delta_atto = j->max_delta_atto;
    }
    TRY(json_parse(&cx->diag, str_of(j->outputs_json), &outputs));
    if (draft.outputs == NULL)
        draft.outputs = outputs;
    TRY(standing_check(cx, &draft, &s.ds));
    TRY(submission_take(cx, &draft, &s));
    TRY(duplicate_check(cx, &s, j->id));
    TRY(db_run(cx->db, &cx->diag, NULL, STMT_JOB_VERSION_INSERT, j->id, version,
        s.source.ptr, s.sha256, draft.note != NULL ? draft.note : "", cx->now.us));
    TRY(db_run(cx->db, &cx->diag, NULL, STMT_JOB_REVISE, j->id, draft.title,
        draft.question, draft.lane, s.outputs, draft.epsilon_nano, draft.delta_atto,
        NULL));
    TRY(job_by_id(cx, j->id, j));
    TRY(txn_commit(&txn, &cx->diag));
    event_wake();
    return ERR_OK;
}
