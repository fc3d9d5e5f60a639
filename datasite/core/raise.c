/* raise.c -- more budget for a dataset or a population. */
#include "datasite/core/raise.h"

#include "datasite/base/check.h"
#include "datasite/core/audit.h"
#include "datasite/core/event.h"
#include "datasite/core/field.h"
#include "datasite/core/forbidden.h"
#include "datasite/core/settings.h"

#include <stdio.h>
#include <string.h>

/* The columns of a raise, in order. */
#define RAISE_OUT(r)                                                             \
    &(r)->id, &(r)->dataset_id, &(r)->dataset_name, &(r)->population_id,         \
        &(r)->population_name, &(r)->was_nano, &(r)->epsilon_nano, &(r)->reason, \
        &(r)->asked_by, &(r)->asked_name, &(r)->asked.us, &(r)->state,           \
        &(r)->decided_by, &(r)->decided_name, &(r)->decided.us

/* Before anything is asked or done: a raise says why. */
static enum err
reason_check(struct ctx *cx, const char *reason)
{
    if (reason == NULL || reason[0] == '\0') {
        return FAIL_FIELD(
            &cx->diag, ERR_UNPROCESSABLE, "/reason", "raising a budget needs a reason");
    }
    return field_text(&cx->diag, "/reason", reason, TEXT_BYTES_MAX);
}

static enum err
takes_two(struct ctx *cx, bool *out)
{
    struct settings settings;

    TRY(settings_load(cx, &settings));
    *out = settings.second_admin;
    return ERR_OK;
}

static enum err
commit(struct ctx *cx, struct txn *txn, const struct raise *r)
{
    TRY(event_emit(cx, "raise.state", r->id, r->dataset_id, r->asked_by, r->state));
    TRY(txn_commit(txn, &cx->diag));
    event_wake();
    return ERR_OK;
}

static json_t *
facts_of(const struct raise *r)
{
    char was[32], epsilon[32];

    return json_pack("{s:s, s:s, s:s, s:s, s:s}", "target",
        r->dataset_id != NULL ? r->dataset_id : r->population_id, "was",
        nano_text(r->was_nano, was), "epsilon", nano_text(r->epsilon_nano, epsilon),
        "reason", r->reason, "asked_by", r->asked_by);
}

/* One of the two ids is NULL. */
static enum err
raise_ask(struct ctx *cx, const char *dataset_id, const char *population_id,
    int64_t was_nano, int64_t epsilon_nano, const char *reason, struct raise *out)
{
    char id[ID_BYTES];
    TXN_SCOPE(txn);

    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(db_run(cx->db, &cx->diag, NULL, STMT_RAISE_INSERT, id_new("rse", id),
        dataset_id, population_id, was_nano, epsilon_nano, reason, cx->actor.id,
        cx->now.us));
    TRY(raise_by_id(cx, id, out));
    TRY(audit_append(cx, "raise.ask", id, facts_of(out)));
    return commit(cx, &txn, out);
}

enum err
raise_dataset(struct ctx *cx, struct dataset *ds, int64_t epsilon_nano,
    const char *reason, struct raise *out, bool *waits)
{
    struct budget limit;

    TRY(takes_two(cx, waits));
    *waits = *waits && epsilon_nano > ds->epsilon_nano;
    if (!*waits)
        return budget_set(cx, ds, epsilon_nano, ds->delta_atto, reason);
    TRY(reason_check(cx, reason));
    TRY(accountant_limit(
        &cx->diag, ds->accounting, epsilon_nano, ds->delta_atto, &limit));
    return raise_ask(cx, ds->id, NULL, ds->epsilon_nano, epsilon_nano, reason, out);
}

enum err
raise_population(struct ctx *cx, struct population *p, int64_t epsilon_nano,
    const char *reason, struct raise *out, bool *waits)
{
    bool grows = epsilon_nano > p->cap.epsilon_nano;
    struct budget limit;

    TRY(takes_two(cx, waits));
    *waits = *waits && grows;
    if (grows)
        TRY(reason_check(cx, reason));
    else if (reason != NULL && reason[0] != '\0')
        TRY(field_text(&cx->diag, "/reason", reason, TEXT_BYTES_MAX));
    if (!*waits)
        return population_set(cx, p, epsilon_nano, reason);
    TRY(accountant_limit(
        &cx->diag, p->accounting, epsilon_nano, p->cap.delta_atto, &limit));
    return raise_ask(cx, NULL, p->id, p->cap.epsilon_nano, epsilon_nano, reason, out);
}

enum err
raise_by_id(struct ctx *cx, const char *id, struct raise *out)
{
    enum err err =
        db_one(cx->db, &cx->diag, cx->arena, STMT_RAISE_BY_ID, id, RAISE_OUT(out));

    if (err != ERR_NOT_FOUND)
        return err;
    diag_clear(&cx->diag);
    return FAIL(&cx->diag, ERR_NOT_FOUND, "no such raise");
}

enum err
raise_list(
    struct ctx *cx, const char *before, int64_t limit, struct raise **out, size_t *n)
{
    bool more;

    *n = 0;
    NEW(cx, *out, (size_t)limit);
    TRY(db_each(cx->db, &cx->diag, STMT_RAISE_LIST, before, limit));
    for (;;) {
        struct raise r = {0};

        TRY(db_row(
            cx->db, &cx->diag, cx->arena, STMT_RAISE_LIST, &more, RAISE_OUT(&r)));
        if (!more)
            return ERR_OK;
        CHECK(*n < (size_t)limit);
        (*out)[(*n)++] = r;
    }
}

/* Deciding */

static enum err
may_decide(struct ctx *cx, const struct raise *r, bool confirm)
{
    if (strcmp(r->state, "open") != 0) {
        snprintf(cx->diag.extra, sizeof cx->diag.extra,
            "{\"state\":\"%s\",\"allowed\":[]}", r->state);
        return FAIL(&cx->diag, ERR_CONFLICT_STATE, "this raise was decided before");
    }
    if (!confirm || strcmp(r->asked_by, cx->actor.id) != 0)
        return ERR_OK;
    return forbidden(cx, "separation-of-duties", "nobody confirms what they asked for");
}

static enum err
as_it_was(struct ctx *cx, const struct raise *r, int64_t epsilon_nano)
{
    if (epsilon_nano == r->was_nano)
        return ERR_OK;
    return FAIL(&cx->diag, ERR_CONFLICT,
        "the budget changed since this raise was asked for: refuse it and ask again");
}

static enum err
carry_out(struct ctx *cx, const struct raise *r)
{
    struct population p;
    struct dataset ds;

    if (r->dataset_id != NULL) {
        TRY(dataset_by_id(cx, r->dataset_id, &ds));
        TRY(as_it_was(cx, r, ds.epsilon_nano));
        return budget_set(cx, &ds, r->epsilon_nano, ds.delta_atto, r->reason);
    }
    TRY(population_by_id(cx, r->population_id, &p));
    TRY(as_it_was(cx, r, p.cap.epsilon_nano));
    return population_set(cx, &p, r->epsilon_nano, r->reason);
}

enum err
raise_decide(struct ctx *cx, struct raise *r, bool confirm)
{
    TXN_SCOPE(txn);

    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(raise_by_id(cx, r->id, r));
    TRY(may_decide(cx, r, confirm));
    if (confirm)
        TRY(carry_out(cx, r));
    TRY(db_run(cx->db, &cx->diag, NULL, STMT_RAISE_DECIDE, r->id,
        confirm ? "confirmed" : "refused", cx->actor.id, cx->now.us));
    TRY(raise_by_id(cx, r->id, r));
    TRY(audit_append(
        cx, confirm ? "raise.confirm" : "raise.refuse", r->id, facts_of(r)));
    return commit(cx, &txn, r);
}
