/* grant.c -- which researcher may see and use which dataset. */
#include "datasite/core/grant.h"

#include "datasite/base/check.h"
#include "datasite/core/audit.h"

enum err
grant_check(struct ctx *cx, const char *dataset_id, const char *user_id)
{
    int64_t one;
    enum err err;

    err =
        db_one(cx->db, &cx->diag, cx->arena, STMT_GRANT_HAS, dataset_id, user_id, &one);
    if (err != ERR_NOT_FOUND)
        return err;
    diag_clear(&cx->diag);
    return FAIL(&cx->diag, ERR_NOT_FOUND, "no such dataset");
}

static enum err
researcher_check(struct ctx *cx, const char *user_id)
{
    int64_t roles;
    enum err err;

    err = db_one(cx->db, &cx->diag, cx->arena, STMT_GRANT_USER_ROLES, user_id, &roles);
    if (err == ERR_NOT_FOUND) {
        diag_clear(&cx->diag);
        return FAIL(&cx->diag, ERR_NOT_FOUND, "no such user");
    }
    TRY(err);
    if (!(roles & ROLE_RESEARCHER))
        return FAIL(&cx->diag, ERR_CONFLICT, "this user is not a researcher");
    return ERR_OK;
}

enum err
grant_put(struct ctx *cx, const char *dataset_id, const char *user_id)
{
    int64_t changed;
    TXN_SCOPE(txn);

    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(researcher_check(cx, user_id));
    TRY(db_run(
        cx->db, &cx->diag, &changed, STMT_GRANT_PUT, dataset_id, user_id, cx->now.us));
    if (changed == 1) {
        TRY(audit_append(
            cx, "grant.create", dataset_id, json_pack("{s:s}", "user", user_id)));
    }
    return txn_commit(&txn, &cx->diag);
}

enum err
grant_delete(struct ctx *cx, const char *dataset_id, const char *user_id)
{
    int64_t changed;
    TXN_SCOPE(txn);

    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(db_run(cx->db, &cx->diag, &changed, STMT_GRANT_DELETE, dataset_id, user_id));
    if (changed == 0)
        return FAIL(&cx->diag, ERR_NOT_FOUND, "this user has no grant");
    TRY(audit_append(
        cx, "grant.delete", dataset_id, json_pack("{s:s}", "user", user_id)));
    return txn_commit(&txn, &cx->diag);
}

enum err
grant_list(struct ctx *cx, const char *dataset_id, const char *after, int64_t limit,
    struct grant **out, size_t *n)
{
    struct grant one;
    bool more;

    *n = 0;
    NEW(cx, *out, (size_t)limit);
    TRY(db_each(cx->db, &cx->diag, STMT_GRANT_LIST, dataset_id, after, limit));
    for (;;) {
        TRY(db_row(cx->db, &cx->diag, cx->arena, STMT_GRANT_LIST, &more, &one.user_id,
            &one.name, &one.email, &one.granted.us));
        if (!more)
            return ERR_OK;
        CHECK(*n < (size_t)limit);
        (*out)[(*n)++] = one;
    }
}
