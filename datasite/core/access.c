/* access.c -- how a researcher comes to a dataset without a grant. */
#include "datasite/core/access.h"

#include "datasite/base/check.h"
#include "datasite/core/audit.h"
#include "datasite/core/event.h"
#include "datasite/core/field.h"
#include "datasite/core/forbidden.h"
#include "datasite/core/grant.h"

#include <stdio.h>
#include <string.h>

/* The columns of CATALOGUE_LIST, in order. */
#define LISTING_OUT(l, granted)                                                   \
    &(l)->name, &(l)->title, &(l)->description, &(l)->owner_id, &(l)->owner_name, \
        (granted), &(l)->request_id, &(l)->request_state

/* The columns of ACCESS_LIST, in order. */
#define ACCESS_OUT(r)                                                                \
    &(r)->id, &(r)->dataset_id, &(r)->dataset_name, &(r)->user_id, &(r)->user_name,  \
        &(r)->user_email, &(r)->purpose, &(r)->asked.us, &(r)->state, &(r)->comment, \
        &(r)->decider_id, &(r)->decider_name, &(r)->decided.us

/* The catalogue */

enum err
listing_list(struct ctx *cx, const char *after, int64_t limit)
{
    return db_each(cx->db, &cx->diag, STMT_CATALOGUE_LIST, cx->actor.id, NULL,
        after != NULL ? after : "", limit);
}

enum err
listing_next(struct ctx *cx, struct listing *out, bool *more)
{
    int64_t granted;

    TRY(db_row(cx->db, &cx->diag, cx->arena, STMT_CATALOGUE_LIST, more,
        LISTING_OUT(out, &granted)));
    if (*more)
        out->granted = granted != 0;
    return ERR_OK;
}

enum err
listing_by_name(struct ctx *cx, const char *name, struct listing *out)
{
    int64_t granted = 0;
    enum err err = db_one(cx->db, &cx->diag, cx->arena, STMT_CATALOGUE_LIST,
        cx->actor.id, name, "", INT64_C(1), LISTING_OUT(out, &granted));

    out->granted = granted != 0;
    if (err != ERR_NOT_FOUND)
        return err;
    diag_clear(&cx->diag);
    return FAIL(&cx->diag, ERR_NOT_FOUND, "no such dataset");
}

/* Reading requests */

static const char *const states[] = {"open", "granted", "refused", "withdrawn"};

static enum err
state_check(struct ctx *cx, const char *state)
{
    if (state == NULL)
        return ERR_OK;
    for (size_t i = 0; i < ARRAY_N(states); i++) {
        if (strcmp(states[i], state) == 0)
            return ERR_OK;
    }
    return FAIL_FIELD(&cx->diag, ERR_INVALID, "/query/state",
        "state is open, granted, refused or withdrawn");
}

static int64_t
sees_all(const struct ctx *cx)
{
    return (cx->actor.roles & (ROLE_ADMIN | ROLE_AUDITOR)) != 0;
}

enum err
access_list(struct ctx *cx, const struct access_filter *f)
{
    TRY(state_check(cx, f->state));
    return db_each(cx->db, &cx->diag, STMT_ACCESS_LIST, cx->actor.id, sees_all(cx),
        f->dataset, f->state, NULL, f->after != NULL ? f->after : "", f->limit);
}

enum err
access_next(struct ctx *cx, struct access_request *out, bool *more)
{
    return db_row(
        cx->db, &cx->diag, cx->arena, STMT_ACCESS_LIST, more, ACCESS_OUT(out));
}

enum err
access_by_id(
    struct ctx *cx, const char *dataset, const char *id, struct access_request *out)
{
    enum err err = db_one(cx->db, &cx->diag, cx->arena, STMT_ACCESS_LIST, cx->actor.id,
        sees_all(cx), dataset, NULL, id, "", INT64_C(1), ACCESS_OUT(out));

    if (err != ERR_NOT_FOUND)
        return err;
    diag_clear(&cx->diag);
    return FAIL(&cx->diag, ERR_NOT_FOUND, "no such request");
}

/* What every change ends with: its audit entry, its event, the new state. fact is what
 * was said with it, under the name that notices look for. */
static enum err
changed(struct ctx *cx, struct access_request *r, const char *verb, const char *fact,
    const char *said)
{
    TRY(access_by_id(cx, r->dataset_name, r->id, r));
    TRY(audit_append(cx, verb, r->dataset_id,
        json_pack(
            "{s:s, s:s, s:s}", "request", r->id, "user", r->user_id, fact, said)));
    return event_emit(
        cx, "dataset.access", r->dataset_name, r->dataset_id, r->user_id, r->state);
}

static enum err
commit(struct ctx *cx, struct txn *txn)
{
    TRY(txn_commit(txn, &cx->diag));
    event_wake();
    return ERR_OK;
}

/* Asking */

/* Is there something to ask for? */
static enum err
ask_check(struct ctx *cx, const struct dataset *ds)
{
    enum err err;

    if (!ds->published || ds->archived)
        return FAIL(&cx->diag, ERR_CONFLICT, "the dataset is not published");
    if (dataset_is_owner(cx, ds))
        return FAIL(&cx->diag, ERR_CONFLICT, "an owner gives grants and asks for none");
    err = grant_check(cx, ds->id, cx->actor.id);
    if (err == ERR_OK)
        return FAIL(&cx->diag, ERR_CONFLICT, "you hold a grant for this dataset");
    if (err == ERR_NOT_FOUND) {
        diag_clear(&cx->diag);
        return ERR_OK;
    }
    return err;
}

static enum err
count_check(struct ctx *cx, const struct dataset *ds)
{
    const char *open;
    int64_t n;

    TRY(db_one(cx->db, &cx->diag, cx->arena, STMT_ACCESS_COUNT, ds->id, cx->actor.id,
        &n, &open));
    if (open != NULL) {
        snprintf(cx->diag.extra, sizeof cx->diag.extra,
            "{\"access_request\":\"/api/v1/datasets/%s/access_requests/%s\"}", ds->name,
            open);
        return FAIL(&cx->diag, ERR_CONFLICT, "you asked for this dataset already");
    }
    if (n < ACCESS_REQUESTS_MAX)
        return ERR_OK;
    return FAIL(&cx->diag, ERR_CONFLICT,
        "nobody asks for a dataset more than %d times: write to its owner",
        ACCESS_REQUESTS_MAX);
}

enum err
access_ask(struct ctx *cx, const struct dataset *ds, const char *purpose,
    struct access_request *out)
{
    char id[ID_BYTES];
    TXN_SCOPE(txn);

    TRY(field_text(&cx->diag, "/purpose", purpose, TEXT_BYTES_MAX));
    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(ask_check(cx, ds));
    TRY(count_check(cx, ds));
    TRY(db_run(cx->db, &cx->diag, NULL, STMT_ACCESS_INSERT, id_new("acr", id), ds->id,
        cx->actor.id, purpose, cx->now.us));
    TRY(access_by_id(cx, ds->name, id, out));
    TRY(changed(cx, out, "access.ask", "reason", purpose));
    return commit(cx, &txn);
}

/* Ending */

static enum err
must_be_open(struct ctx *cx, const struct access_request *r)
{
    if (strcmp(r->state, "open") == 0)
        return ERR_OK;
    snprintf(cx->diag.extra, sizeof cx->diag.extra, "{\"state\":\"%s\",\"allowed\":[]}",
        r->state);
    return FAIL(&cx->diag, ERR_CONFLICT_STATE, "this request has ended");
}

/* The three ways a request ends. */
struct ending {
    const char *state, *verb;
};
static const struct ending granted = {"granted", "access.grant"},
                           refused = {"refused", "access.refuse"},
                           withdrawn = {"withdrawn", "access.withdraw"};

/* Inside a transaction. */
static enum err
request_end(struct ctx *cx, struct access_request *r, const struct ending *how,
    const char *comment)
{
    TRY(access_by_id(cx, r->dataset_name, r->id, r));
    TRY(must_be_open(cx, r));
    TRY(db_run(cx->db, &cx->diag, NULL, STMT_ACCESS_END, r->id, how->state, comment,
        cx->actor.id, cx->now.us));
    return changed(cx, r, how->verb, "comment", comment);
}

enum err
access_withdraw(struct ctx *cx, struct access_request *r)
{
    TXN_SCOPE(txn);

    if (strcmp(r->user_id, cx->actor.id) != 0)
        return forbidden(
            cx, "access.withdraw", "only who asked may withdraw a request");
    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(request_end(cx, r, &withdrawn, ""));
    return commit(cx, &txn);
}

enum err
access_decide(struct ctx *cx, const struct dataset *ds, struct access_request *r,
    bool grant, const char *comment)
{
    TXN_SCOPE(txn);

    if (!grant || comment[0] != '\0')
        TRY(field_text(&cx->diag, "/comment", comment, TEXT_BYTES_MAX));
    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(request_end(cx, r, grant ? &granted : &refused, comment));
    if (grant)
        TRY(grant_put(cx, ds->id, r->user_id));
    return commit(cx, &txn);
}

enum err
access_grant(struct ctx *cx, const struct dataset *ds, const char *user_id)
{
    struct access_request r = {.dataset_name = ds->name};
    int64_t n;
    TXN_SCOPE(txn);

    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(grant_put(cx, ds->id, user_id));
    TRY(db_one(
        cx->db, &cx->diag, cx->arena, STMT_ACCESS_COUNT, ds->id, user_id, &n, &r.id));
    if (r.id != NULL)
        TRY(request_end(cx, &r, &granted, ""));
    return commit(cx, &txn);
}

enum err
access_refuse_all(struct ctx *cx, const struct dataset *ds, const char *why)
{
    struct access_request r = {.dataset_name = ds->name};
    enum err err;

    while ((err = db_one(cx->db, &cx->diag, cx->arena, STMT_ACCESS_OPEN_NEXT, ds->id,
                &r.id)) == ERR_OK)
        TRY(request_end(cx, &r, &refused, why));
    if (err != ERR_NOT_FOUND)
        return err;
    diag_clear(&cx->diag);
    return ERR_OK;
}
