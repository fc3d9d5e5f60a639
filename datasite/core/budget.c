/* budget.c -- a privacy budget in the words of people. */
#include "datasite/core/budget.h"

#include "datasite/core/audit.h"
#include "datasite/core/event.h"
#include "datasite/core/field.h"
#include "datasite/core/project.h"
#include "datasite/core/slot.h"

#include <stdio.h>
#include <string.h>

/* Epsilon of a use of the cap, at the dataset's delta. */
static int64_t
epsilon_of(const struct dataset *ds, int64_t nano, int64_t atto)
{
    struct budget used = {.eps_nano = nano, .rho_nano = nano, .delta_atto = atto};

    return accountant_eps_nano(ds->accounting, used, ds->delta_atto);
}

static int64_t
least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Spent and reserved are converted together, so that what is shown adds up to
 * epsilon. */
static void
view_fill(const struct dataset *ds, const struct cap *cap, struct budget_view *out)
{
    int64_t used = epsilon_of(
        ds, cap->spent_nano + cap->reserved_nano, cap->spent_atto + cap->reserved_atto);

    out->accounting = ds->accounting;
    out->cap = *cap;
    out->epsilon_nano = cap->epsilon_nano;
    out->delta_atto = ds->delta_atto;
    out->spent_nano = epsilon_of(ds, cap->spent_nano, cap->spent_atto);
    out->reserved_nano = used - out->spent_nano;
    out->free_nano = used < out->epsilon_nano ? out->epsilon_nano - used : 0;
    out->free_rho_nano = cap->limit_nano - cap->spent_nano - cap->reserved_nano;
}

/* The cap that binds a researcher in one project, and what the wider ones leave of
 * it. */
static enum err
share_in_project(struct ctx *cx, const struct dataset *ds, const char *project_id,
    struct budget_view *out)
{
    struct ledger_party who = {ds->id, project_id, cx->actor.id, "", ds->accounting};
    struct cap caps[CAP_JOB];
    struct budget_view wider;
    enum cap_kind own = CAP_RESEARCHER;

    for (enum cap_kind kind = CAP_DATASET; kind <= CAP_RESEARCHER; kind++) {
        TRY(ledger_cap(cx, kind, &who, &caps[kind]));
        TRY(slot_veil(cx, kind, &who, &caps[kind]));
    }
    while (own > CAP_DATASET && caps[own].limit_nano == LEDGER_NO_LIMIT)
        own--;
    view_fill(ds, &caps[own], out);
    for (enum cap_kind kind = CAP_DATASET; kind < own; kind++) {
        if (caps[kind].limit_nano == LEDGER_NO_LIMIT)
            continue;
        view_fill(ds, &caps[kind], &wider);
        out->free_nano = least(out->free_nano, wider.free_nano);
        out->free_rho_nano = least(out->free_rho_nano, wider.free_rho_nano);
    }
    return ERR_OK;
}

static enum err
share_view(struct ctx *cx, const struct dataset *ds, struct budget_view *out)
{
    struct budget_view one;
    const char *project_id;
    bool more, found = false;

    TRY(db_each(cx->db, &cx->diag, STMT_CAP_PROJECTS_OF, ds->id, cx->actor.id));
    for (;;) {
        TRY(db_row(
            cx->db, &cx->diag, cx->arena, STMT_CAP_PROJECTS_OF, &more, &project_id));
        if (!more)
            break;
        TRY(share_in_project(cx, ds, project_id, &one));
        if (!found || one.free_nano > out->free_nano)
            *out = one;
        found = true;
    }
    return found ? ERR_OK : share_in_project(cx, ds, "", out);
}

static enum err
own_view(struct ctx *cx, const struct dataset *ds, struct budget_view *out)
{
    struct ledger_party who = {ds->id, "", "", "", ds->accounting};
    struct cap cap;

    TRY(ledger_cap(cx, CAP_DATASET, &who, &cap));
    view_fill(ds, &cap, out);
    return ledger_head(cx, ds->id, &out->seq);
}

/* The tag changes with what is seen, and with nothing else. */
static enum err
veiled_view(struct ctx *cx, const struct dataset *ds, struct budget_view *out)
{
    int64_t veiled;

    TRY(share_view(cx, ds, out));
    TRY(ledger_head(cx, ds->id, &out->seq));
    TRY(slot_veiled_rows(cx, ds->id, &veiled));
    out->seq -= veiled;
    return ERR_OK;
}

static enum err
freeze_view(struct ctx *cx, const struct dataset *ds, struct budget_view *out)
{
    enum err err = db_one(cx->db, &cx->diag, cx->arena, STMT_BUDGET_FREEZE_GET, ds->id,
        &out->frozen_reason, &out->frozen.us);

    if (err != ERR_NOT_FOUND)
        return err;
    diag_clear(&cx->diag);
    out->frozen_reason = NULL;
    out->frozen.us = 0;
    return ERR_OK;
}

/* What the population leaves bounds what is free here. */
static enum err
population_view(struct ctx *cx, const struct dataset *ds, struct budget_view *out)
{
    const struct cap *cap = &out->population.cap;
    int64_t used;

    TRY(population_of(cx, ds->id, &out->population, &out->has_population));
    if (!out->has_population)
        return ERR_OK;
    used = accountant_eps_nano(ds->accounting,
        (struct budget){.eps_nano = cap->spent_nano + cap->reserved_nano,
            .rho_nano = cap->spent_nano + cap->reserved_nano,
            .delta_atto = cap->spent_atto + cap->reserved_atto},
        cap->delta_atto);
    out->population_free_nano = used < cap->epsilon_nano ? cap->epsilon_nano - used : 0;
    out->free_nano = least(out->free_nano, out->population_free_nano);
    out->free_rho_nano = least(
        out->free_rho_nano, cap->limit_nano - cap->spent_nano - cap->reserved_nano);
    return ERR_OK;
}

enum err
budget_view(struct ctx *cx, const struct dataset *ds, struct budget_view *out)
{
    TXN_SCOPE(txn);

    *out = (struct budget_view){0};
    TRY(txn_begin(&txn, cx->db, &cx->diag)); /* the veil must fit what it covers */
    TRY(dataset_is_insider(cx, ds) ? own_view(cx, ds, out) : veiled_view(cx, ds, out));
    TRY(freeze_view(cx, ds, out));
    return population_view(cx, ds, out);
}

/* Of what is read here alone: charges that are veiled change none of it. */
void
budget_tag(
    const struct dataset *ds, const struct budget_view *v, char out[BUDGET_TAG_BYTES])
{
    const struct cap *wide = &v->population.cap;
    char text[200], digest[65];

    snprintf(text, sizeof text, "%lld %lld %lld %lld", (long long)v->seq,
        (long long)v->frozen.us,
        v->has_population
            ? (long long)(wide->limit_nano - wide->spent_nano - wide->reserved_nano)
            : -1,
        v->has_population
            ? (long long)(wide->limit_atto - wide->spent_atto - wide->reserved_atto)
            : -1);
    digest_text(digest_sha256(str_of(text)), digest);
    snprintf(out, BUDGET_TAG_BYTES, "%.31s-b%.16s", ds->id, digest);
}

/* A decision about the budget stands in the ledger; the reason in the audit log. */
static enum err
budget_commit(struct ctx *cx, struct txn *txn, const struct dataset *ds)
{
    TRY(db_run(cx->db, &cx->diag, NULL, STMT_DATASET_TOUCH, ds->id, cx->now.us));
    TRY(event_emit(cx, "dataset.budget", ds->name, ds->id, NULL, "changed"));
    TRY(txn_commit(txn, &cx->diag));
    event_wake();
    return ERR_OK;
}

enum err
budget_set(struct ctx *cx, struct dataset *ds, int64_t epsilon_nano, int64_t delta_atto,
    const char *reason)
{
    bool grows = epsilon_nano > ds->epsilon_nano || delta_atto > ds->delta_atto;
    TXN_SCOPE(txn);

    if (epsilon_nano <= 0) {
        return FAIL_FIELD(
            &cx->diag, ERR_UNPROCESSABLE, "/epsilon", "epsilon must be more than 0");
    }
    if ((delta_atto == 0) != (ds->accounting == ACCOUNT_PURE)) {
        return FAIL_FIELD(&cx->diag, ERR_UNPROCESSABLE, "/delta",
            "the accounting was fixed when the dataset was made");
    }
    if (grows && (reason == NULL || reason[0] == '\0')) {
        return FAIL_FIELD(
            &cx->diag, ERR_UNPROCESSABLE, "/reason", "raising a budget needs a reason");
    }
    if (reason != NULL && reason[0] != '\0')
        TRY(field_text(&cx->diag, "/reason", reason, TEXT_BYTES_MAX));
    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(ledger_adjust(cx, ds, "", "", epsilon_nano, delta_atto, reason));
    TRY(budget_commit(cx, &txn, ds));
    return dataset_by_id(cx, ds->id, ds);
}

enum err
budget_share_out(struct ctx *cx, const struct dataset *ds, const char *project_id,
    int64_t epsilon_nano, const struct budget_share *shares, size_t shares_n)
{
    struct project project;
    TXN_SCOPE(txn);

    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(project_load(cx, project_id, &project));
    TRY(project_check(cx, project_id, project.owner_id, ds->id));
    if (epsilon_nano >= 0)
        TRY(ledger_adjust(cx, ds, project_id, "", epsilon_nano, ds->delta_atto, NULL));
    for (size_t i = 0; i < shares_n; i++) {
        TRY(project_check(cx, project_id, shares[i].user_id, ds->id));
        TRY(ledger_adjust(cx, ds, project_id, shares[i].user_id, shares[i].epsilon_nano,
            ds->delta_atto, NULL));
    }
    return budget_commit(cx, &txn, ds);
}

/* Freezing */

static enum err
reason_check(struct ctx *cx, const char *reason)
{
    if (reason[0] == '\0') {
        return FAIL_FIELD(
            &cx->diag, ERR_UNPROCESSABLE, "/reason", "this needs a reason");
    }
    return field_text(&cx->diag, "/reason", reason, TEXT_BYTES_MAX);
}

enum err
budget_freeze(struct ctx *cx, const struct dataset *ds, const char *reason)
{
    bool frozen;
    TXN_SCOPE(txn);

    TRY(reason_check(cx, reason));
    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(ledger_frozen(cx, ds->id, &frozen));
    if (frozen)
        return FAIL(&cx->diag, ERR_CONFLICT_STATE, "the budget is frozen already");
    TRY(db_run(cx->db, &cx->diag, NULL, STMT_BUDGET_FREEZE_PUT, ds->id, cx->actor.id,
        reason, cx->now.us));
    TRY(audit_append(cx, "freeze.set", ds->id, json_pack("{s:s}", "reason", reason)));
    return budget_commit(cx, &txn, ds);
}

enum err
budget_thaw(struct ctx *cx, const struct dataset *ds)
{
    int64_t changed;
    TXN_SCOPE(txn);

    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(db_run(cx->db, &cx->diag, &changed, STMT_BUDGET_FREEZE_DELETE, ds->id));
    if (changed == 0)
        return FAIL(&cx->diag, ERR_CONFLICT_STATE, "the budget is not frozen");
    TRY(audit_append(cx, "freeze.lift", ds->id, NULL));
    return budget_commit(cx, &txn, ds);
}

/* Transfers */

/* The cap of one side, which must be its own. */
static enum err
side_cap(struct ctx *cx, const struct dataset *ds, const char *project_id,
    const char *field, struct cap *out)
{
    struct ledger_party who = {ds->id, project_id, "", "", ds->accounting};
    struct project project;

    TRY(project_load(cx, project_id, &project));
    TRY(ledger_cap(cx, CAP_PROJECT, &who, out));
    if (out->limit_nano != LEDGER_NO_LIMIT)
        return ERR_OK;
    return FAIL_FIELD(&cx->diag, ERR_CONFLICT, field,
        "the project has no cap of its own on this dataset");
}

enum err
budget_transfer(
    struct ctx *cx, const struct dataset *ds, const struct budget_transfer *t)
{
    struct cap from, to;
    TXN_SCOPE(txn);

    TRY(reason_check(cx, t->reason));
    if (strcmp(t->from, t->to) == 0) {
        return FAIL_FIELD(&cx->diag, ERR_UNPROCESSABLE, "/to",
            "a transfer goes from one project to another");
    }
    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(side_cap(cx, ds, t->from, "/from", &from));
    TRY(side_cap(cx, ds, t->to, "/to", &to));
    if (t->epsilon_nano <= 0) {
        return FAIL_FIELD(
            &cx->diag, ERR_UNPROCESSABLE, "/epsilon", "epsilon must be more than 0");
    }
    if (t->epsilon_nano > from.epsilon_nano) {
        return FAIL(&cx->diag, ERR_BUDGET, "the project has not so much to give away");
    }
    TRY(ledger_adjust(cx, ds, t->from, "", from.epsilon_nano - t->epsilon_nano,
        ds->delta_atto, t->reason));
    TRY(ledger_adjust(cx, ds, t->to, "", to.epsilon_nano + t->epsilon_nano,
        ds->delta_atto, t->reason));
    return budget_commit(cx, &txn, ds);
}
