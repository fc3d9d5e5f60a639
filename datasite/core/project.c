/* project.c -- a purpose, the datasets it needs, and who works on it. */
#include "datasite/core/project.h"

#include "datasite/base/check.h"
#include "datasite/core/audit.h"
#include "datasite/core/dataset.h"
#include "datasite/core/event.h"
#include "datasite/core/field.h"
#include "datasite/core/forbidden.h"
#include "datasite/core/grant.h"
#include "datasite/core/user.h"

#include <stdio.h>
#include <string.h>

static int64_t
sees_all(const struct ctx *cx)
{
    return (cx->actor.roles & (ROLE_ADMIN | ROLE_SYSTEM)) != 0;
}

static enum err
datasets_load(struct ctx *cx, struct project *p)
{
    bool more;

    p->datasets_n = 0;
    NEW(cx, p->datasets, PROJECT_DATASETS_MAX);
    TRY(db_each(cx->db, &cx->diag, STMT_PROJECT_DATASETS, p->id));
    for (;;) {
        const char *name;

        TRY(db_row(cx->db, &cx->diag, cx->arena, STMT_PROJECT_DATASETS, &more, &name));
        if (!more)
            return ERR_OK;
        CHECK(p->datasets_n < PROJECT_DATASETS_MAX);
        p->datasets[p->datasets_n++] = name;
    }
}

enum err
project_load(struct ctx *cx, const char *id, struct project *out)
{
    enum err err = db_one(cx->db, &cx->diag, cx->arena, STMT_PROJECT_BY_ID, id,
        cx->actor.id, sees_all(cx), &out->id, &out->owner_id, &out->owner_name,
        &out->title, &out->purpose, &out->created_at, &out->revision);

    if (err == ERR_NOT_FOUND) {
        diag_clear(&cx->diag);
        return FAIL(&cx->diag, ERR_NOT_FOUND, "no such project");
    }
    TRY(err);
    return datasets_load(cx, out);
}

enum err
project_list(
    struct ctx *cx, const char *after, int64_t limit, struct project **out, size_t *n)
{
    bool more;

    *n = 0;
    NEW(cx, *out, (size_t)limit);
    TRY(db_each(cx->db, &cx->diag, STMT_PROJECT_LIST, after != NULL ? after : "",
        cx->actor.id, sees_all(cx), limit));
    for (;;) {
        struct project p = {0};

        TRY(db_row(cx->db, &cx->diag, cx->arena, STMT_PROJECT_LIST, &more, &p.id,
            &p.owner_id, &p.owner_name, &p.title, &p.purpose, &p.created_at,
            &p.revision));
        if (!more)
            break;
        CHECK(*n < (size_t)limit);
        (*out)[(*n)++] = p;
    }
    for (size_t i = 0; i < *n; i++)
        TRY(datasets_load(cx, &(*out)[i]));
    return ERR_OK;
}

/* A dataset without a grant and one that does not exist are told apart by nobody. */
static enum err
dataset_add(struct ctx *cx, const char *project_id, const char *name, size_t i)
{
    char field[40];
    struct dataset ds;
    enum err err = dataset_by_name(cx, name, &ds);

    if (err == ERR_OK && !ds.published)
        err = ERR_NOT_FOUND;
    if (err == ERR_OK)
        err = grant_check(cx, ds.id, cx->actor.id);
    if (err == ERR_NOT_FOUND || err == ERR_FORBIDDEN) {
        diag_clear(&cx->diag);
        snprintf(field, sizeof field, "/datasets/%zu", i);
        return FAIL_FIELD(&cx->diag, ERR_NOT_FOUND, field,
            "no dataset of this name is granted to you");
    }
    TRY(err);
    return db_run(
        cx->db, &cx->diag, NULL, STMT_PROJECT_DATASET_INSERT, project_id, ds.id);
}

static enum err
datasets_set(struct ctx *cx, const char *project_id, const struct project_draft *draft)
{
    if (draft->datasets_n > PROJECT_DATASETS_MAX) {
        return FAIL_FIELD(&cx->diag, ERR_UNPROCESSABLE, "/datasets",
            "name at most %d datasets", PROJECT_DATASETS_MAX);
    }
    TRY(db_run(cx->db, &cx->diag, NULL, STMT_PROJECT_DATASETS_DELETE, project_id));
    for (size_t i = 0; i < draft->datasets_n; i++)
        TRY(dataset_add(cx, project_id, draft->datasets[i], i));
    return ERR_OK;
}

enum err
project_create(struct ctx *cx, const struct project_draft *draft, struct project *out)
{
    char id[ID_BYTES], now[32];
    TXN_SCOPE(txn);

    TRY(field_line(&cx->diag, "/title", draft->title, TITLE_BYTES_MAX));
    TRY(field_text(&cx->diag, "/purpose", draft->purpose, TEXT_BYTES_MAX));
    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(db_run(cx->db, &cx->diag, NULL, STMT_PROJECT_INSERT, id_new("prj", id),
        cx->actor.id, draft->title, draft->purpose, clock_text(cx->now, now)));
    TRY(db_run(cx->db, &cx->diag, NULL, STMT_PROJECT_MEMBER_INSERT, id, cx->actor.id));
    TRY(datasets_set(cx, id, draft));
    TRY(project_load(cx, id, out));
    TRY(audit_append(cx, "project.create", id,
        json_pack("{s:s, s:s}", "title", out->title, "purpose", out->purpose)));
    return txn_commit(&txn, &cx->diag);
}

static enum err
member_check(struct ctx *cx, const char *id, const char *user_id, enum err otherwise)
{
    int64_t one;
    enum err err =
        db_one(cx->db, &cx->diag, cx->arena, STMT_PROJECT_MEMBER, id, user_id, &one);

    if (err != ERR_NOT_FOUND)
        return err;
    diag_clear(&cx->diag);
    if (otherwise == ERR_FORBIDDEN)
        return forbidden(cx, "project.member", "only its members change a project");
    return FAIL(&cx->diag, otherwise, "no such project");
}

enum err
project_update(struct ctx *cx, const char *id, const struct project_draft *change,
    struct project *out)
{
    const char *title, *purpose;
    TXN_SCOPE(txn);

    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(project_load(cx, id, out));
    TRY(member_check(cx, id, cx->actor.id, ERR_FORBIDDEN));
    title = change->title != NULL ? change->title : out->title;
    purpose = change->purpose != NULL ? change->purpose : out->purpose;
    TRY(field_line(&cx->diag, "/title", title, TITLE_BYTES_MAX));
    TRY(field_text(&cx->diag, "/purpose", purpose, TEXT_BYTES_MAX));
    TRY(db_one(cx->db, &cx->diag, cx->arena, STMT_PROJECT_UPDATE, id, title, purpose,
        &out->revision));
    if (change->datasets_given)
        TRY(datasets_set(cx, id, change));
    TRY(project_load(cx, id, out));
    TRY(audit_append(cx, "project.update", id,
        json_pack("{s:s, s:s}", "title", out->title, "purpose", out->purpose)));
    return txn_commit(&txn, &cx->diag);
}

enum err
project_check(
    struct ctx *cx, const char *id, const char *user_id, const char *dataset_id)
{
    int64_t one;
    enum err err;

    TRY(member_check(cx, id, user_id, ERR_NOT_FOUND));
    err = db_one(cx->db, &cx->diag, cx->arena, STMT_PROJECT_HAS, id, dataset_id, &one);
    if (err != ERR_NOT_FOUND)
        return err;
    diag_clear(&cx->diag);
    return FAIL(&cx->diag, ERR_FORBIDDEN, "this project does not include the dataset");
}

/* Members */

enum err
project_members(struct ctx *cx, const char *id, const char *after, int64_t limit,
    struct member **out, size_t *n)
{
    struct project project;
    int64_t made_it;
    bool more;

    *n = 0;
    TRY(project_load(cx, id, &project));
    NEW(cx, *out, (size_t)limit);
    TRY(db_each(cx->db, &cx->diag, STMT_PROJECT_MEMBERS, id, after != NULL ? after : "",
        limit));
    for (;;) {
        struct member m = {0};

        TRY(db_row(cx->db, &cx->diag, cx->arena, STMT_PROJECT_MEMBERS, &more,
            &m.user_id, &m.name, &made_it));
        if (!more)
            return ERR_OK;
        m.made_it = made_it != 0;
        CHECK(*n < (size_t)limit);
        (*out)[(*n)++] = m;
    }
}

static enum err
may_open(struct ctx *cx, const char *id, struct project *out)
{
    TRY(project_load(cx, id, out));
    if (cx->actor.roles & ROLE_ADMIN || strcmp(out->owner_id, cx->actor.id) == 0)
        return ERR_OK;
    return forbidden(cx, "project.owner",
        "whoever made the project, or an administrator, says who works on it");
}

static enum err
member_commit(struct ctx *cx, struct txn *txn, const struct project *p,
    const char *user_id, const char *verb)
{
    TRY(audit_append(cx, verb, p->id, json_pack("{s:s}", "user", user_id)));
    TRY(event_emit(cx, "project.members", p->id, NULL, user_id, "changed"));
    TRY(txn_commit(txn, &cx->diag));
    event_wake();
    return ERR_OK;
}

enum err
project_member_add(
    struct ctx *cx, const char *id, const char *user_id, struct member *out)
{
    struct project project;
    struct user user;
    int64_t changed;
    TXN_SCOPE(txn);

    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(may_open(cx, id, &project));
    TRY(user_by_id(cx, user_id, &user));
    if (!(user.roles & ROLE_RESEARCHER) || user.suspended)
        return FAIL(&cx->diag, ERR_CONFLICT, "only researchers work on projects");
    *out = (struct member){user.id, user.name, strcmp(user.id, project.owner_id) == 0};
    TRY(db_run(cx->db, &cx->diag, &changed, STMT_PROJECT_MEMBER_INSERT, id, user_id));
    if (changed == 0)
        return txn_commit(&txn, &cx->diag);
    return member_commit(cx, &txn, &project, user_id, "project.join");
}

enum err
project_member_remove(struct ctx *cx, const char *id, const char *user_id)
{
    struct project project;
    int64_t changed;
    TXN_SCOPE(txn);

    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(may_open(cx, id, &project));
    if (strcmp(user_id, project.owner_id) == 0)
        return FAIL(&cx->diag, ERR_CONFLICT, "whoever made a project stays in it");
    TRY(db_run(cx->db, &cx->diag, &changed, STMT_PROJECT_MEMBER_DELETE, id, user_id));
    if (changed == 0)
        return FAIL(&cx->diag, ERR_NOT_FOUND, "the project has no such member");
    return member_commit(cx, &txn, &project, user_id, "project.leave");
}
