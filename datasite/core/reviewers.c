/* reviewers.c -- who votes at the first gate of a dataset beside its owner. */
#include "datasite/core/reviewers.h"

#include "datasite/core/audit.h"
#include "datasite/core/event.h"
#include "datasite/core/user.h"

#include <stdio.h>
#include <string.h>

/* Says it of the i-th of the list. */
static enum err
not_this_one(struct ctx *cx, size_t i, const char *why)
{
    char pointer[32];

    diag_clear(&cx->diag);
    snprintf(pointer, sizeof pointer, "/reviewers/%zu", i);
    return FAIL_FIELD(&cx->diag, ERR_UNPROCESSABLE, pointer, "%s", why);
}

static enum err
reviewer_add(struct ctx *cx, const struct dataset *ds, const char *id, size_t i)
{
    struct user user;
    enum err err;

    if (strcmp(id, ds->owner_id) == 0)
        return not_this_one(cx, i, "the owner reviews already");
    err = user_by_id(cx, id, &user);
    if (err == ERR_NOT_FOUND || (err == ERR_OK && user.suspended))
        return not_this_one(cx, i, "there is no such user");
    TRY(err);
    if (!(user.roles & ROLE_OWNER))
        return not_this_one(cx, i, "a reviewer needs the role owner");
    return db_run(cx->db, &cx->diag, NULL, STMT_REVIEWER_PUT, ds->id, id, cx->now.us);
}

enum err
reviewers_set(struct ctx *cx, struct dataset *ds, const char *const *ids, size_t n)
{
    const char *names = "", *id = ds->id;
    TXN_SCOPE(txn);

    if (n > REVIEWERS_MAX) {
        return FAIL_FIELD(&cx->diag, ERR_UNPROCESSABLE, "/reviewers",
            "a dataset has %d reviewers at most", REVIEWERS_MAX);
    }
    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(db_run(cx->db, &cx->diag, NULL, STMT_REVIEWERS_CLEAR, id));
    for (size_t i = 0; i < n; i++) {
        TRY(reviewer_add(cx, ds, ids[i], i));
        names = arena_strf(cx->arena, "%s%s%s", names, i > 0 ? " " : "", ids[i]);
        if (names == NULL)
            return FAIL(&cx->diag, ERR_TOO_LARGE, "this needs too much memory");
    }
    TRY(db_run(cx->db, &cx->diag, NULL, STMT_DATASET_TOUCH, id, cx->now.us));
    TRY(audit_append(cx, "dataset.reviewers", id, json_pack("{s:s}", "users", names)));
    TRY(event_emit(cx, "dataset.update", ds->name, id, NULL, "reviewers"));
    TRY(dataset_by_id(cx, id, ds));
    TRY(txn_commit(&txn, &cx->diag));
    event_wake();
    return ERR_OK;
}
