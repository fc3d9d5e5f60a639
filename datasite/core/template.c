/* template.c -- sources with holes that reviewers sign beforehand. */
#include "datasite/core/template.h"

#include "datasite/core/audit.h"
#include "datasite/core/event.h"
#include "datasite/core/field.h"
#include "datasite/core/forbidden.h"

#include <string.h>

#define PARAMETERS_BYTES_MAX (64 << 10)
#define TEMPLATES_TRIED      1000

/* The columns of TEMPLATE_LIST, in order. */
#define TEMPLATE_OUT(t)                                                  \
    &(t)->id, &(t)->name, &(t)->lane, &(t)->source, &(t)->source_sha256, \
        &(t)->parameters_json, &(t)->maker_id, &(t)->max_epsilon_nano,   \
        &(t)->policy_version, &(t)->made.us, &(t)->ended.us, &(t)->signatures_json

static enum err
template_by(
    struct ctx *cx, const struct dataset *ds, const char *id, struct template *out)
{
    enum err err = db_one(cx->db, &cx->diag, cx->arena, STMT_TEMPLATE_LIST, ds->id, id,
        "", INT64_C(1), TEMPLATE_OUT(out));

    if (err != ERR_NOT_FOUND)
        return err;
    diag_clear(&cx->diag);
    return FAIL(&cx->diag, ERR_NOT_FOUND, "the dataset has no such template");
}

/* The dataset's owner and its reviewers. */
static enum err
must_review(struct ctx *cx, const struct dataset *ds)
{
    bool reviews = dataset_is_owner(cx, ds);

    if (!reviews)
        TRY(dataset_reviews(cx, ds->id, &reviews));
    if (reviews)
        return ERR_OK;
    return forbidden(
        cx, "dataset.review", "only a reviewer of the dataset may do this");
}

static enum err
template_commit(struct ctx *cx, struct txn *txn, const struct dataset *ds)
{
    TRY(event_emit(cx, "dataset.update", ds->name, ds->id, NULL, "templates"));
    TRY(txn_commit(txn, &cx->diag));
    event_wake();
    return ERR_OK;
}

/* Making and signing */

/* What a draft must hold, and its parameters as they are stored. */
static enum err
draft_check(struct ctx *cx, const struct dataset *ds,
    const struct template_draft *draft, struct str *source, const char **parameters)
{
    struct pattern pattern;
    struct policy policy;
    enum lane lane;
    BUF_SCOPE(text);

    TRY(dataset_policy(cx, ds, &policy));
    if (!policy.templates)
        return FAIL(&cx->diag, ERR_CONFLICT, "the policy allows no templates");
    TRY(field_line(&cx->diag, "/name", draft->name, TITLE_BYTES_MAX));
    TRY(job_lane_take(cx, draft->lane, &lane));
    TRY(job_source_take(cx, draft->source, source));
    TRY(pattern_parse(&cx->diag, cx->arena, *source, draft->parameters, &pattern));
    if (draft->max_epsilon_nano <= 0 || draft->max_epsilon_nano > PRICE_NANO_MAX) {
        return FAIL_FIELD(&cx->diag, ERR_UNPROCESSABLE, "/max_epsilon",
            "max_epsilon must be more than 0 and at most 1000000000");
    }
    buf_init(&text, PARAMETERS_BYTES_MAX);
    TRY(json_canonical(&cx->diag, draft->parameters, &text));
    *parameters = text.full ? NULL : arena_strn(cx->arena, text.ptr, text.len);
    return *parameters != NULL
        ? ERR_OK
        : FAIL_FIELD(&cx->diag, ERR_UNPROCESSABLE, "/parameters", "too many words");
}

static enum err
signature_add(struct ctx *cx, const struct dataset *ds, const struct template *t)
{
    TRY(db_run(
        cx->db, &cx->diag, NULL, STMT_TEMPLATE_SIGN, t->id, cx->actor.id, cx->now.us));
    return audit_append(cx, "template.sign", ds->id,
        json_pack("{s:s, s:s}", "template", t->id, "source_sha256", t->source_sha256));
}

enum err
template_create(struct ctx *cx, const struct dataset *ds,
    const struct template_draft *draft, struct template *out)
{
    const char *parameters = NULL;
    struct str source = {0};
    char id[ID_BYTES], sha256[65];
    TXN_SCOPE(txn);

    TRY(must_review(cx, ds));
    TRY(draft_check(cx, ds, draft, &source, &parameters));
    digest_text(digest_sha256(source), sha256);
    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(db_run(cx->db, &cx->diag, NULL, STMT_TEMPLATE_INSERT, id_new("tpl", id), ds->id,
        draft->name, draft->lane, source.ptr, sha256, parameters,
        draft->max_epsilon_nano, ds->policy_version, cx->actor.id, cx->now.us));
    TRY(template_by(cx, ds, id, out));
    TRY(signature_add(cx, ds, out));
    TRY(template_by(cx, ds, id, out));
    return template_commit(cx, &txn, ds);
}

enum err
template_list(
    struct ctx *cx, const struct dataset *ds, const char *after, int64_t limit)
{
    return db_each(cx->db, &cx->diag, STMT_TEMPLATE_LIST, ds->id, NULL,
        after != NULL ? after : "", limit);
}

enum err
template_next(struct ctx *cx, struct template *out, bool *more)
{
    return db_row(
        cx->db, &cx->diag, cx->arena, STMT_TEMPLATE_LIST, more, TEMPLATE_OUT(out));
}

/* Does it count at present? */
static bool
counts(const struct template *t, int64_t policy_version)
{
    return t->ended.us == INT64_MIN && t->policy_version == policy_version;
}

enum err
template_sign(
    struct ctx *cx, const struct dataset *ds, const char *id, struct template *out)
{
    TXN_SCOPE(txn);

    TRY(must_review(cx, ds));
    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(template_by(cx, ds, id, out));
    if (!counts(out, ds->policy_version)) {
        return FAIL(&cx->diag, ERR_CONFLICT,
            "the template ended, or the policy changed since it was made");
    }
    TRY(signature_add(cx, ds, out));
    TRY(template_by(cx, ds, id, out));
    return template_commit(cx, &txn, ds);
}

enum err
template_end(struct ctx *cx, const struct dataset *ds, const char *id)
{
    struct template t;
    TXN_SCOPE(txn);

    TRY(must_review(cx, ds));
    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(template_by(cx, ds, id, &t));
    if (t.ended.us != INT64_MIN)
        return txn_commit(&txn, &cx->diag);
    TRY(db_run(cx->db, &cx->diag, NULL, STMT_TEMPLATE_END, id, cx->now.us));
    TRY(audit_append(cx, "template.end", ds->id, json_pack("{s:s}", "template", t.id)));
    return template_commit(cx, &txn, ds);
}

/* Deciding by one */

/* What is decided on, and the template that it fills. */
struct filling {
    struct job *job;
    struct dataset ds;
    struct policy policy;
    struct job_version version;
    const char *voters[9]; /* as many as a policy may ask for */
    size_t voters_n;
};

static enum err
fills(struct ctx *cx, const struct filling *f, const struct template *t, bool *out)
{
    json_auto_t *parameters = NULL;
    struct pattern pattern;

    *out = false;
    if (!counts(t, f->ds.policy_version) ||
        strcmp(t->lane, lane_name(f->job->lane)) != 0 ||
        f->job->max_epsilon_nano > t->max_epsilon_nano)
        return ERR_OK;
    TRY(json_parse(&cx->diag, str_of(t->parameters_json), &parameters));
    TRY(pattern_parse(&cx->diag, cx->arena, str_of(t->source), parameters, &pattern));
    *out = pattern_match(&pattern, str_of(f->version.source));
    return ERR_OK;
}

/* Those who signed and may vote, as many as the policy asks for. */
static enum err
voters_take(struct ctx *cx, struct filling *f, const struct template *t)
{
    const char *id;
    bool more;

    f->voters_n = 0;
    TRY(db_each(cx->db, &cx->diag, STMT_TEMPLATE_VOTERS, t->id, f->job->id));
    for (;;) {
        TRY(db_row(cx->db, &cx->diag, cx->arena, STMT_TEMPLATE_VOTERS, &more, &id));
        if (!more)
            return ERR_OK;
        if (f->voters_n < (size_t)f->policy.approvals)
            f->voters[f->voters_n++] = id;
    }
}

/* The oldest template with votes enough; *found false: there is none. */
static enum err
template_find(struct ctx *cx, struct filling *f, struct template *out, bool *found)
{
    bool more, is = false;

    *found = false;
    TRY(template_list(cx, &f->ds, NULL, TEMPLATES_TRIED));
    for (;;) {
        TRY(template_next(cx, out, &more));
        if (!more)
            return ERR_OK;
        TRY(fills(cx, f, out, &is));
        if (!is)
            continue;
        TRY(voters_take(cx, f, out));
        *found = f->voters_n == (size_t)f->policy.approvals;
        if (*found)
            return ERR_OK;
    }
}

static enum err
approve(struct ctx *cx, struct job *j)
{
    struct filling f = {.job = j};
    struct template t;
    bool found;

    TRY(dataset_by_id(cx, j->dataset_id, &f.ds));
    TRY(dataset_policy(cx, &f.ds, &f.policy));
    if (!f.policy.templates)
        return ERR_OK;
    TRY(job_version_by(cx, j, j->version, &f.version));
    TRY(template_find(cx, &f, &t, &found));
    return found ? review_by_template(cx, j, t.id, f.voters, f.voters_n) : ERR_OK;
}

/* A budget that cannot hold the job at present leaves it to its reviewers. */
enum err
template_try(struct ctx *cx, struct job *j)
{
    enum err err = approve(cx, j);

    if (err != ERR_BUDGET && err != ERR_FROZEN)
        return err;
    diag_clear(&cx->diag);
    return ERR_OK;
}
