/* review.c -- a human decision about one version of a job. */
#include "datasite/core/review.h"

#include "datasite/base/check.h"
#include "datasite/core/audit.h"
#include "datasite/core/event.h"
#include "datasite/core/field.h"
#include "datasite/core/site.h"

#include <stdio.h>
#include <string.h>

#define CHECKLIST_BYTES_MAX (64 << 10)

static const struct {
    const char *name;
    enum job_state to;
} decisions[] = {
    [DECISION_APPROVE] = {"approve", JOB_APPROVED},
    [DECISION_REQUEST_CHANGES] = {"request_changes", JOB_CHANGES_REQUESTED},
    [DECISION_REJECT] = {"reject", JOB_REJECTED},
};

bool
decision_parse(struct str s, enum decision *out)
{
    for (size_t i = 0; i < ARRAY_N(decisions); i++) {
        if (str_eq(s, str_of(decisions[i].name))) {
            *out = (enum decision)i;
            return true;
        }
    }
    return false;
}

static enum err
reviewer_check(struct ctx *cx, const struct job *j)
{
    if (job_is_author(cx, j)) {
        snprintf(cx->diag.extra, sizeof cx->diag.extra, "%s",
            "{\"missing_permission\":\"separation-of-duties\"}");
        return FAIL(&cx->diag, ERR_FORBIDDEN, "nobody reviews their own job");
    }
    return job_must_own(cx, j, "job.review");
}

static enum err
draft_check(struct ctx *cx, const struct job *j, const struct review_draft *draft)
{
    if (draft->version != j->version ||
        strcmp(draft->source_sha256, j->source_sha256) != 0) {
        return FAIL(&cx->diag, ERR_STALE,
            "the job is at another version than the one that was looked at");
    }
    if (draft->comment[0] != '\0')
        return field_text(&cx->diag, "/comment", draft->comment, TEXT_BYTES_MAX);
    if (draft->decision != DECISION_APPROVE) {
        return FAIL_FIELD(
            &cx->diag, ERR_UNPROCESSABLE, "/comment", "say why: the author reads it");
    }
    return ERR_OK;
}

static enum err
checklist_text(struct ctx *cx, const json_t *checklist, const char **out)
{
    BUF_SCOPE(text);

    *out = NULL;
    if (checklist == NULL)
        return ERR_OK;
    buf_init(&text, CHECKLIST_BYTES_MAX);
    TRY(json_text(&cx->diag, checklist, &text));
    *out = arena_strn(cx->arena, text.ptr, text.len);
    return *out != NULL ? ERR_OK
                        : FAIL(&cx->diag, ERR_TOO_LARGE, "this needs too much memory");
}

/* Writes the decision down, with what it binds. */
static enum err
review_insert(struct ctx *cx, const struct job *j, const struct review_draft *draft,
    struct review *out)
{
    struct dataset ds;
    char id[ID_BYTES];

    TRY(dataset_by_id(cx, j->dataset_id, &ds));
    *out = (struct review){.id = arena_strf(cx->arena, "%s", id_new("rev", id)),
        .reviewer_id = cx->actor.id,
        .decision = decisions[draft->decision].name,
        .comment = draft->comment,
        .source_sha256 = j->source_sha256,
        .version = j->version,
        .time = cx->now};
    TRY(checklist_text(cx, draft->checklist, &out->checklist_json));
    return db_run(cx->db, &cx->diag, NULL, STMT_REVIEW_INSERT, id, j->id, j->version,
        cx->actor.id, out->decision, draft->comment, out->checklist_json,
        j->source_sha256, ds.data_version, ds.policy_version, cx->site->runtime,
        cx->now.us);
}

static enum err
hold_reserve(struct ctx *cx, const struct job *j)
{
    struct ledger_party party = job_party(j);
    struct job_version version;

    TRY(job_version_by(cx, j, j->version, &version));
    return ledger_reserve(cx, &party, version.hold);
}

enum err
review_decide(
    struct ctx *cx, struct job *j, const struct review_draft *draft, struct review *out)
{
    enum job_state to = decisions[draft->decision].to;
    TXN_SCOPE(txn);

    TRY(reviewer_check(cx, j));
    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(draft_check(cx, j, draft));
    TRY(review_insert(cx, j, draft, out));
    TRY(job_move(cx, j, to,
        json_pack("{s:s, s:I, s:s, s:s}", "review", out->id, "version",
            (json_int_t)j->version, "source_sha256", j->source_sha256, "comment",
            draft->comment)));
    if (draft->decision == DECISION_APPROVE)
        TRY(hold_reserve(cx, j));
    TRY(txn_commit(&txn, &cx->diag));
    event_wake();
    return ERR_OK;
}

enum err
review_list(struct ctx *cx, const char *job_id, const char *after, int64_t limit)
{
    return db_each(
        cx->db, &cx->diag, STMT_REVIEW_LIST, job_id, after != NULL ? after : "", limit);
}

enum err
review_next(struct ctx *cx, struct review *r, bool *more)
{
    return db_row(cx->db, &cx->diag, cx->arena, STMT_REVIEW_LIST, more, &r->id,
        &r->reviewer_id, &r->reviewer_name, &r->decision, &r->comment,
        &r->checklist_json, &r->source_sha256, &r->version, &r->time.us);
}

enum err
review_binds(struct ctx *cx, const struct job *j)
{
    struct dataset ds;
    const char *id, *sha256, *runtime;
    int64_t data_version, policy_version;

    TRY(dataset_by_id(cx, j->dataset_id, &ds));
    TRY(db_one(cx->db, &cx->diag, cx->arena, STMT_REVIEW_APPROVAL, j->id, j->version,
        &id, &sha256, &data_version, &policy_version, &runtime));
    if (strcmp(sha256, j->source_sha256) != 0)
        return FAIL(&cx->diag, ERR_STALE, "the code is not the one that was approved");
    if (data_version != ds.data_version)
        return FAIL(&cx->diag, ERR_STALE, "the data changed since the approval");
    if (policy_version != ds.policy_version)
        return FAIL(&cx->diag, ERR_STALE, "the policy changed since the approval");
    if (strcmp(runtime, cx->site->runtime) != 0)
        return FAIL(&cx->diag, ERR_STALE, "the runtime changed since the approval");
    return ERR_OK;
}
