/* job.c -- a researcher's question: what is known of it, and who may see it. */
#include "datasite/core/job.h"

#include "datasite/base/check.h"
#include "datasite/core/forbidden.h"

#include <stdio.h>
#include <string.h>

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

enum err
job_must_own(struct ctx *cx, const struct job *j, const char *permission)
{
    if (job_is_owner(cx, j))
        return ERR_OK;
    return forbidden(cx, permission, "only the owner of the dataset may do this");
}

enum err
job_must_review(struct ctx *cx, const struct job *j)
{
    bool reviews;

    if (job_is_author(cx, j))
        return forbidden(cx, "separation-of-duties", "nobody reviews their own job");
    if (job_is_owner(cx, j))
        return ERR_OK;
    TRY(dataset_reviews(cx, j->dataset_id, &reviews));
    return reviews
        ? ERR_OK
        : forbidden(cx, "job.review", "only a reviewer of the dataset may do this");
}

enum err
job_must_author(struct ctx *cx, const struct job *j, const char *permission)
{
    if (job_is_author(cx, j))
        return ERR_OK;
    return forbidden(cx, permission, "only the author of the job may do this");
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
            (f->waiting_on == NULL || wait == job_waits((enum job_state)i)))
            n += (size_t)snprintf(
                text + n, sizeof text - n, "%s,", job_state_name((enum job_state)i));
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
