/* comment.c -- what author and reviewers say about single lines of a version. */
#include "datasite/core/comment.h"

#include "datasite/core/audit.h"
#include "datasite/core/event.h"
#include "datasite/core/field.h"
#include "datasite/core/forbidden.h"
#include "datasite/core/review.h"

#include <string.h>

/* The columns of COMMENT_LIST and COMMENT_BY, in order. */
#define COMMENT_OUT(c)                                                  \
    &(c)->id, &(c)->version, &(c)->line, &(c)->text, &(c)->writer_id,   \
        &(c)->writer_name, &(c)->side, &(c)->visibility, &(c)->time.us, \
        &(c)->resolved.us, &(c)->resolver_name

static const char everyone[] = "everyone", reviewers[] = "reviewers";

bool
comment_visibility_parse(struct str s, bool *for_reviewers)
{
    *for_reviewers = str_eq(s, str_of(reviewers));
    return *for_reviewers || str_eq(s, str_of(everyone));
}

static enum err
comment_by(struct ctx *cx, const struct job *j, const char *id, struct comment *out)
{
    bool open;
    enum err err;

    TRY(review_open(cx, j, &open));
    err = db_one(cx->db, &cx->diag, cx->arena, STMT_COMMENT_BY, j->id, id, cx->actor.id,
        (int64_t)open, COMMENT_OUT(out));
    if (err != ERR_NOT_FOUND)
        return err;
    diag_clear(&cx->diag);
    return FAIL(&cx->diag, ERR_NOT_FOUND, "the job has no such comment");
}

static int64_t
lines_of(const char *source)
{
    struct str s = str_of(source);
    int64_t n = 1;

    for (size_t i = 0; i + 1 < s.len; i++)
        n += s.ptr[i] == '\n';
    return n;
}

static enum err
draft_check(struct ctx *cx, const struct job *j, const struct comment_draft *draft)
{
    struct job_version version;
    int64_t lines;
    enum err err = job_version_by(cx, j, draft->version, &version);

    if (err == ERR_NOT_FOUND) {
        diag_clear(&cx->diag);
        return FAIL_FIELD(
            &cx->diag, ERR_UNPROCESSABLE, "/version", "the job has no such version");
    }
    TRY(err);
    lines = lines_of(version.source);
    if (draft->line < 1 || draft->line > lines) {
        return FAIL_FIELD(&cx->diag, ERR_UNPROCESSABLE, "/line",
            "this version has the lines 1 to %lld", (long long)lines);
    }
    return field_text(&cx->diag, "/text", draft->text, TEXT_BYTES_MAX);
}

/* Tells the others, but not of what the round still hides from them; nor of what is for
 * reviewers alone, for events are numbered, and a number left out tells too. */
static enum err
comment_tell(
    struct ctx *cx, const struct job *j, const struct comment *c, const char *state)
{
    if (strcmp(c->visibility, reviewers) == 0)
        return ERR_OK;
    if (j->state == JOB_IN_REVIEW && !job_is_author(cx, j))
        return ERR_OK;
    return event_emit(cx, "job.comment", j->id, j->dataset_id, j->author_id, state);
}

/* Who may write, and for whom. */
static enum err
writer_check(struct ctx *cx, const struct job *j, bool for_reviewers)
{
    if (!job_is_author(cx, j))
        return job_must_review(cx, j);
    if (!for_reviewers)
        return ERR_OK;
    return forbidden(cx, "job.review", "the author of a job writes for everyone");
}

static enum err
count_check(struct ctx *cx, const struct job *j, const char *visibility)
{
    int64_t n;

    TRY(db_one(
        cx->db, &cx->diag, cx->arena, STMT_COMMENT_COUNT, j->id, visibility, &n));
    if (n < COMMENTS_MAX)
        return ERR_OK;
    return FAIL(&cx->diag, ERR_CONFLICT, "a job has %d comments at most", COMMENTS_MAX);
}

enum err
comment_add(struct ctx *cx, const struct job *j, const struct comment_draft *draft,
    struct comment *out)
{
    const char *visibility = draft->for_reviewers ? reviewers : everyone;
    char id[ID_BYTES];
    TXN_SCOPE(txn);

    TRY(writer_check(cx, j, draft->for_reviewers));
    TRY(draft_check(cx, j, draft));
    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(count_check(cx, j, visibility));
    TRY(db_run(cx->db, &cx->diag, NULL, STMT_COMMENT_INSERT, id_new("cmt", id), j->id,
        draft->version, draft->line, cx->actor.id, draft->text, cx->now.us,
        visibility));
    TRY(audit_append(cx, "job.comment", j->id,
        json_pack("{s:s, s:I, s:I, s:s}", "comment", id, "version",
            (json_int_t)draft->version, "line", (json_int_t)draft->line, "visibility",
            visibility)));
    TRY(comment_by(cx, j, id, out));
    TRY(comment_tell(cx, j, out, "added"));
    TRY(txn_commit(&txn, &cx->diag));
    event_wake();
    return ERR_OK;
}

enum err
comment_list(struct ctx *cx, const struct job *j, const char *after, int64_t limit)
{
    bool open;

    TRY(review_open(cx, j, &open));
    return db_each(cx->db, &cx->diag, STMT_COMMENT_LIST, j->id,
        after != NULL ? after : "", limit, cx->actor.id, (int64_t)open);
}

enum err
comment_next(struct ctx *cx, struct comment *out, bool *more)
{
    return db_row(
        cx->db, &cx->diag, cx->arena, STMT_COMMENT_LIST, more, COMMENT_OUT(out));
}

enum err
comment_resolve(struct ctx *cx, const struct job *j, const char *id, bool resolved,
    struct comment *out)
{
    TXN_SCOPE(txn);

    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(comment_by(cx, j, id, out));
    if ((out->resolver_name != NULL) == resolved)
        return txn_commit(&txn, &cx->diag);
    TRY(db_run(cx->db, &cx->diag, NULL, STMT_COMMENT_RESOLVE, id,
        resolved ? cx->now.us : INT64_MIN, resolved ? cx->actor.id : NULL));
    TRY(audit_append(cx, resolved ? "job.comment_resolve" : "job.comment_reopen", j->id,
        json_pack("{s:s}", "comment", id)));
    TRY(comment_tell(cx, j, out, resolved ? "resolved" : "opened"));
    TRY(comment_by(cx, j, id, out));
    TRY(txn_commit(&txn, &cx->diag));
    event_wake();
    return ERR_OK;
}
