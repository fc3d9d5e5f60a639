/* job.c -- a researcher's question, from submission to release. */
#include "datasite/core/job.h"

#include "datasite/base/check.h"
#include "datasite/core/audit.h"
#include "datasite/core/event.h"
#include "datasite/core/field.h"
#include "datasite/core/grant.h"
#include "datasite/core/project.h"
#include "policies/codescan.h"

#include <stdio.h>
#include <string.h>

#define OUTPUTS_BYTES_MAX (64 << 10)

/* Who may make a move. */
enum job_who {
    WHO_AUTHOR,
    WHO_REVIEWER,
    WHO_OWNER,
    WHO_SYSTEM
};

static const struct {
    const char *name;
    enum job_wait waits;
} states[JOB_STATE_N] = {
#define JOB_STATE(state, text, waits) [JOB_##state] = {text, JOB_WAITS_##waits},
#include "datasite/core/job_moves.def"
#undef JOB_STATE
};

static const struct job_rule {
    enum job_state from, to;
    enum job_who who;
    const char *verb;
} rules[] = {
#define JOB_MOVE(from, to, who, verb) {JOB_##from, JOB_##to, WHO_##who, verb},
#include "datasite/core/job_moves.def"
#undef JOB_MOVE
};

static const char *const waits[] = {
    [JOB_WAITS_AUTHOR] = "author",
    [JOB_WAITS_REVIEWER] = "reviewer",
    [JOB_WAITS_ADMIN] = "admin",
    [JOB_WAITS_SYSTEM] = "system",
    [JOB_WAITS_NOBODY] = "nobody",
};

const char *
job_state_name(enum job_state s)
{
    CHECK((size_t)s < JOB_STATE_N);
    return states[s].name;
}

bool
job_state_parse(struct str s, enum job_state *out)
{
    for (size_t i = 0; i < JOB_STATE_N; i++) {
        if (str_eq(s, str_of(states[i].name))) {
            *out = (enum job_state)i;
            return true;
        }
    }
    return false;
}

enum job_wait
job_waits(enum job_state s)
{
    CHECK((size_t)s < JOB_STATE_N);
    return states[s].waits;
}

const char *
job_wait_name(enum job_wait w)
{
    CHECK((size_t)w < ARRAY_N(waits));
    return waits[w];
}

bool
job_wait_parse(struct str s, enum job_wait *out)
{
    for (size_t i = 0; i < ARRAY_N(waits); i++) {
        if (str_eq(s, str_of(waits[i]))) {
            *out = (enum job_wait)i;
            return true;
        }
    }
    return false;
}

static const struct job_rule *
rule_find(enum job_state from, enum job_state to)
{
    for (size_t i = 0; i < ARRAY_N(rules); i++) {
        if (rules[i].from == from && rules[i].to == to)
            return &rules[i];
    }
    return NULL;
}

const char *
job_move_verb(enum job_state from, enum job_state to)
{
    const struct job_rule *r = rule_find(from, to);

    return r != NULL ? r->verb : NULL;
}

/* Loading */

/* Integers and texts of a row whose place in struct job has another type. */
struct job_row {
    const char *lane, *accounting, *state;
};

/* The columns of job_view, in order. */
#define JOB_OUT(j, row)                                                               \
    &(j)->id, &(j)->project_id, &(j)->project_title, &(j)->purpose, &(j)->dataset_id, \
        &(j)->dataset_name, &(j)->dataset_owner, &(j)->author_id, &(j)->author_name,  \
        &(j)->title, &(j)->question, &(j)->outputs_json, &(row)->lane,                \
        &(row)->accounting, &(j)->max_epsilon_nano, &(j)->max_delta_atto,             \
        &(row)->state, &(j)->version, &(j)->revision, &(j)->data_version,             \
        &(j)->policy_version, &(j)->source_sha256, &(j)->requirements_json,           \
        &(j)->quote_json, &(j)->failure_json, &(j)->run_id, &(j)->created.us,         \
        &(j)->changed.us

/* The table's CHECKs say that the names are ours. */
static void
job_finish(struct job *j, const struct job_row *row)
{
    CHECK(lane_parse(str_of(row->lane), &j->lane));
    CHECK(job_state_parse(str_of(row->state), &j->state));
    j->accounting = strcmp(row->accounting, accounting_name(ACCOUNT_PURE)) == 0
        ? ACCOUNT_PURE
        : ACCOUNT_ZCDP;
}

static enum err
no_such_job(struct ctx *cx)
{
    diag_clear(&cx->diag);
    return FAIL(&cx->diag, ERR_NOT_FOUND, "no such job");
}

enum err
job_by_id(struct ctx *cx, const char *id, struct job *out)
{
    struct job_row row;
    enum err err;

    err = db_one(cx->db, &cx->diag, cx->arena, STMT_JOB_BY_ID, id, JOB_OUT(out, &row));
    if (err == ERR_NOT_FOUND)
        return no_such_job(cx);
    TRY(err);
    job_finish(out, &row);
    return ERR_OK;
}

bool
job_is_author(const struct ctx *cx, const struct job *j)
{
    return strcmp(cx->actor.id, j->author_id) == 0;
}

bool
job_is_owner(const struct ctx *cx, const struct job *j)
{
    return strcmp(cx->actor.id, j->dataset_owner) == 0;
}

enum err
job_visible(struct ctx *cx, const char *id, struct job *out)
{
    bool reviews;

    TRY(job_by_id(cx, id, out));
    if (job_is_author(cx, out) || job_is_owner(cx, out))
        return ERR_OK;
    TRY(dataset_reviews(cx, out->dataset_id, &reviews));
    return reviews ? ERR_OK : no_such_job(cx);
}

static enum err
forbid(struct ctx *cx, const char *permission, const char *why)
{
    snprintf(cx->diag.extra, sizeof cx->diag.extra, "{\"missing_permission\":\"%s\"}",
        permission);
    return FAIL(&cx->diag, ERR_FORBIDDEN, "%s", why);
}

enum err
job_must_own(struct ctx *cx, const struct job *j, const char *permission)
{
    if (job_is_owner(cx, j))
        return ERR_OK;
    return forbid(cx, permission, "only the owner of the dataset may do this");
}

enum err
job_must_review(struct ctx *cx, const struct job *j)
{
    bool reviews;

    if (job_is_author(cx, j))
        return forbid(cx, "separation-of-duties", "nobody reviews their own job");
    if (job_is_owner(cx, j))
        return ERR_OK;
    TRY(dataset_reviews(cx, j->dataset_id, &reviews));
    return reviews
        ? ERR_OK
        : forbid(cx, "job.review", "only a reviewer of the dataset may do this");
}

enum err
job_must_author(struct ctx *cx, const struct job *j, const char *permission)
{
    if (job_is_author(cx, j))
        return ERR_OK;
    return forbid(cx, permission, "only the author of the job may do this");
}

/* The columns of a version, in order; hold is finished by version_finish. */
#define VERSION_OUT(v, nano, atto)                                                     \
    &(v)->number, &(v)->submitted.us, &(v)->source, &(v)->source_sha256, &(v)->note,   \
        &(v)->requirements_json, &(v)->checks_json, &(v)->mock_json, &(v)->quote_json, \
        (nano), (atto)

static struct budget
hold_of(int64_t nano, int64_t atto)
{
    return (struct budget){.rho_nano = nano, .delta_atto = atto, .eps_nano = nano};
}

enum err
job_version_by(
    struct ctx *cx, const struct job *j, int64_t number, struct job_version *out)
{
    int64_t nano, atto;
    enum err err;

    err = db_one(cx->db, &cx->diag, cx->arena, STMT_JOB_VERSION_BY, j->id, number,
        VERSION_OUT(out, &nano, &atto));
    if (err == ERR_NOT_FOUND) {
        diag_clear(&cx->diag);
        return FAIL(&cx->diag, ERR_NOT_FOUND, "the job has no such version");
    }
    TRY(err);
    out->hold = hold_of(nano, atto);
    return ERR_OK;
}

enum err
job_versions(struct ctx *cx, const struct job *j, int64_t after, int64_t limit)
{
    return db_each(cx->db, &cx->diag, STMT_JOB_VERSIONS, j->id, after, limit);
}

enum err
job_versions_next(struct ctx *cx, struct job_version *out, bool *more)
{
    int64_t nano = 0, atto = 0;

    TRY(db_row(cx->db, &cx->diag, cx->arena, STMT_JOB_VERSIONS, more,
        VERSION_OUT(out, &nano, &atto)));
    out->hold = hold_of(nano, atto);
    return ERR_OK;
}

/* ",checking,approved,": the states that pass a filter; NULL: all. */
static enum err
states_wanted(struct ctx *cx, const struct job_filter *f, const char **out)
{
    char text[512] = ",";
    size_t n = 1;
    enum job_state state = JOB_CHECKING;
    enum job_wait wait = JOB_WAITS_NOBODY;

    *out = NULL;
    if (f->state == NULL && f->waiting_on == NULL)
        return ERR_OK;
    if (f->state != NULL && !job_state_parse(str_of(f->state), &state))
        return FAIL_FIELD(&cx->diag, ERR_INVALID, "/state", "there is no such state");
    if (f->waiting_on != NULL && !job_wait_parse(str_of(f->waiting_on), &wait)) {
        return FAIL_FIELD(&cx->diag, ERR_INVALID, "/waiting_on",
            "waiting_on is author, reviewer, admin, system or nobody");
    }
    for (size_t i = 0; i < JOB_STATE_N; i++) {
        if ((f->state == NULL || state == (enum job_state)i) &&
            (f->waiting_on == NULL || wait == states[i].waits))
            n += (size_t)snprintf(text + n, sizeof text - n, "%s,", states[i].name);
    }
    *out = arena_strn(cx->arena, text, n);
    return *out != NULL ? ERR_OK
                        : FAIL(&cx->diag, ERR_TOO_LARGE, "this needs too much memory");
}

enum err
job_list(struct ctx *cx, const struct job_filter *f)
{
    const char *wanted;

    TRY(states_wanted(cx, f, &wanted));
    return db_each(cx->db, &cx->diag, STMT_JOB_LIST, cx->actor.id, wanted, f->dataset,
        f->after, f->limit);
}

enum err
job_next(struct ctx *cx, struct job *out, bool *more)
{
    struct job_row row;

    TRY(db_row(cx->db, &cx->diag, cx->arena, STMT_JOB_LIST, more, JOB_OUT(out, &row)));
    if (*more)
        job_finish(out, &row);
    return ERR_OK;
}

/* Submitting */

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

    if (raw.len > SOURCE_BYTES_MAX) {
        return FAIL_FIELD(&cx->diag, ERR_UNPROCESSABLE, "/source",
            "a source has %d bytes at most", SOURCE_BYTES_MAX);
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
        return forbid(cx, "dataset.grant", "you hold no grant for this dataset");
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

static enum err
job_commit(struct ctx *cx, struct txn *txn)
{
    TRY(txn_commit(txn, &cx->diag));
    event_wake();
    return ERR_OK;
}

static enum err
state_event(struct ctx *cx, const struct job *j)
{
    return event_emit(
        cx, "job.state", j->id, j->dataset_id, j->author_id, job_state_name(j->state));
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
    TRY(state_event(cx, out));
    return job_commit(cx, &txn);
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
    return job_commit(cx, &txn);
}

/* Moving */

/* ERR_CONFLICT_STATE with where it is and where it may go. */
static enum err
no_such_move(struct ctx *cx, const struct job *j, enum job_state to)
{
    char *p = cx->diag.extra;
    size_t max = sizeof cx->diag.extra;
    size_t n = (size_t)snprintf(
        p, max, "{\"state\":\"%s\",\"allowed\":[", job_state_name(j->state));
    const char *comma = "";

    for (size_t i = 0; i < ARRAY_N(rules); i++) {
        if (rules[i].from != j->state)
            continue;
        n += (size_t)snprintf(
            p + n, max - n, "%s\"%s\"", comma, job_state_name(rules[i].to));
        comma = ",";
    }
    snprintf(p + n, max - n, "]}");
    return FAIL(&cx->diag, ERR_CONFLICT_STATE, "a job that is %s cannot become %s",
        job_state_name(j->state), job_state_name(to));
}

static enum err
who_check(struct ctx *cx, const struct job *j, enum job_who who, enum job_state to)
{
    switch (who) {
    case WHO_AUTHOR:
        return job_must_author(cx, j, "job.author");
    case WHO_REVIEWER:
        if (to == JOB_APPROVED && cx->actor.roles & ROLE_SYSTEM)
            return ERR_OK; /* template.h */
        return job_must_review(cx, j);
    case WHO_OWNER:
        if (to == JOB_CANCELLED && cx->actor.roles & ROLE_SYSTEM)
            return ERR_OK; /* standing.h */
        return job_must_own(cx, j, "dataset.owner");
    case WHO_SYSTEM:
        if (cx->actor.roles & ROLE_SYSTEM)
            return ERR_OK;
        return forbid(cx, "system", "the server alone does this");
    }
    UNREACHABLE();
}

enum err
job_move(struct ctx *cx, struct job *j, enum job_state to, json_t *facts)
{
    json_auto_t *owned = facts != NULL ? facts : json_object();
    const struct job_rule *rule = rule_find(j->state, to);
    enum err err;

    if (rule == NULL)
        return no_such_move(cx, j, to);
    TRY(who_check(cx, j, rule->who, to));
    err = db_one(cx->db, &cx->diag, cx->arena, STMT_JOB_MOVE, j->id,
        job_state_name(j->state), job_state_name(to), cx->now.us, j->revision,
        &j->revision);
    if (err == ERR_NOT_FOUND) {
        diag_clear(&cx->diag);
        return FAIL(&cx->diag, ERR_STALE, "the job changed meanwhile");
    }
    TRY(err);
    j->state = to;
    j->changed = cx->now;
    TRY(audit_append(cx, rule->verb, j->id, json_incref(owned)));
    return state_event(cx, j);
}

enum err
job_touch(struct ctx *cx, struct job *j)
{
    enum err err = db_one(cx->db, &cx->diag, cx->arena, STMT_JOB_TOUCH, j->id,
        cx->now.us, j->revision, &j->revision);

    if (err == ERR_NOT_FOUND) {
        diag_clear(&cx->diag);
        return FAIL(&cx->diag, ERR_STALE, "the job changed meanwhile");
    }
    TRY(err);
    j->changed = cx->now;
    return state_event(cx, j);
}

enum err
job_stands(struct ctx *cx, const struct job *j)
{
    int64_t one;
    enum err err = db_one(cx->db, &cx->diag, cx->arena, STMT_JOB_STANDING, j->id, &one);

    if (err != ERR_NOT_FOUND)
        return err;
    diag_clear(&cx->diag);
    return FAIL(&cx->diag, ERR_CONFLICT, "its author may no longer use the dataset");
}

/* An end that gives back what the job holds. */
static enum err
job_end(struct ctx *cx, struct job *j, enum job_state to, const char *comment)
{
    struct ledger_party party = job_party(j);
    TXN_SCOPE(txn);

    if (comment[0] != '\0')
        TRY(field_text(&cx->diag, "/comment", comment, TEXT_BYTES_MAX));
    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(job_move(cx, j, to, json_pack("{s:s}", "comment", comment)));
    TRY(ledger_settle(cx, &party));
    return job_commit(cx, &txn);
}

enum err
job_retract(struct ctx *cx, struct job *j, const char *comment)
{
    TRY(job_must_author(cx, j, "job.author"));
    return job_end(cx, j, JOB_WITHDRAWN, comment);
}

enum err
job_stop(struct ctx *cx, struct job *j, const char *comment)
{
    TRY(job_must_own(cx, j, "dataset.owner"));
    return job_end(cx, j, JOB_CANCELLED, comment);
}

enum err
job_unapprove(struct ctx *cx, struct job *j, const char *comment)
{
    TRY(job_must_own(cx, j, "dataset.owner"));
    return job_end(cx, j, JOB_REVOKED, comment);
}

struct ledger_party
job_party(const struct job *j)
{
    return (struct ledger_party){
        .dataset_id = j->dataset_id,
        .project_id = j->project_id,
        .user_id = j->author_id,
        .job_id = j->id,
        .accounting = j->accounting,
    };
}
