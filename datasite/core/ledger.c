/* ledger.c -- the privacy budget as a double-entry book. */
#include "datasite/core/ledger.h"

#include "datasite/base/check.h"
#include "datasite/core/ledger_row.h"

#include <inttypes.h>
#include <stdio.h>

#define CAPS_OF_A_JOB 4

/* ---- amounts ---- */

/* The part of a price that counts in an accounting. */
struct amount {
    int64_t nano, atto;
};

static struct amount
amount_of(enum accounting acc, struct budget b)
{
    return (struct amount){accountant_amount(acc, b), b.delta_atto};
}

/* An amount as a price to show. */
static struct budget
amount_shown(enum accounting acc, struct amount a)
{
    return (struct budget){.eps_nano = acc == ACCOUNT_PURE ? a.nano : EPS_NONE,
        .rho_nano = acc == ACCOUNT_ZCDP ? a.nano : 0,
        .delta_atto = a.atto};
}

/* ---- caps ---- */

static const char *const cap_names[] = {
    [CAP_POPULATION] = "population",
    [CAP_DATASET] = "dataset",
    [CAP_PROJECT] = "project",
    [CAP_RESEARCHER] = "researcher",
    [CAP_JOB] = "job",
};

const char *
cap_name(enum cap_kind kind)
{
    CHECK((size_t)kind < ARRAY_N(cap_names));
    return cap_names[kind];
}

/* Which part of a party names a cap; the rest is "". */
static struct ledger_party
party_of(enum cap_kind kind, const struct ledger_party *who)
{
    struct ledger_party p = {
        .dataset_id = who->dataset_id, .accounting = who->accounting};

    p.project_id = kind >= CAP_PROJECT ? who->project_id : "";
    p.user_id = kind >= CAP_RESEARCHER ? who->user_id : "";
    p.job_id = kind >= CAP_JOB ? who->job_id : "";
    return p;
}

static enum err
cap_get(
    struct ctx *cx, enum cap_kind kind, const struct ledger_party *p, struct cap *out)
{
    if (kind == CAP_POPULATION) {
        return db_one(cx->db, &cx->diag, cx->arena, STMT_POPULATION_CAP, p->dataset_id,
            &out->limit_nano, &out->spent_nano, &out->reserved_nano, &out->limit_atto,
            &out->spent_atto, &out->reserved_atto, &out->epsilon_nano,
            &out->delta_atto);
    }
    return db_one(cx->db, &cx->diag, cx->arena, STMT_CAP_GET, p->dataset_id,
        cap_names[kind], p->project_id, p->user_id, p->job_id, &out->limit_nano,
        &out->spent_nano, &out->reserved_nano, &out->limit_atto, &out->spent_atto,
        &out->reserved_atto, &out->epsilon_nano, &out->delta_atto);
}

enum err
ledger_cap(
    struct ctx *cx, enum cap_kind kind, const struct ledger_party *who, struct cap *out)
{
    struct ledger_party p = party_of(kind, who);
    enum err err = cap_get(cx, kind, &p, out);

    if (err != ERR_NOT_FOUND)
        return err;
    diag_clear(&cx->diag);
    *out = (struct cap){.limit_nano = LEDGER_NO_LIMIT,
        .limit_atto = LEDGER_NO_LIMIT,
        .epsilon_nano = LEDGER_NO_LIMIT};
    return ERR_OK;
}

/* A cap without a limit of its own, where there is none yet. */
static enum err
cap_ensure(struct ctx *cx, enum cap_kind kind, const struct ledger_party *who)
{
    struct ledger_party p = party_of(kind, who);

    if (kind == CAP_JOB) {
        return db_run(cx->db, &cx->diag, NULL, STMT_CAP_ENSURE_JOB, p.dataset_id,
            p.project_id, p.user_id, p.job_id);
    }
    return db_run(cx->db, &cx->diag, NULL, STMT_CAP_ENSURE, p.dataset_id,
        cap_names[kind], p.project_id, p.user_id, LEDGER_NO_LIMIT, LEDGER_NO_LIMIT,
        LEDGER_NO_LIMIT);
}

/* What is left of a cap. The table's CHECKs keep 0 <= used <= limit, so nothing here
 * overflows. */
static struct amount
cap_room(const struct cap *c)
{
    return (struct amount){c->limit_nano - c->spent_nano - c->reserved_nano,
        c->limit_atto - c->spent_atto - c->reserved_atto};
}

static bool
fits(struct amount ask, struct amount room)
{
    return ask.nano >= 0 && ask.atto >= 0 && ask.nano <= room.nano &&
        ask.atto <= room.atto;
}

/* ERR_BUDGET with what was asked and what is left, in the dataset's epsilon. */
static enum err
refuse(struct ctx *cx, const struct ledger_party *who, enum cap_kind kind,
    struct amount ask, struct amount room)
{
    struct cap whole;
    struct budget b = {.eps_nano = ask.nano, .rho_nano = ask.nano};
    char requested[32], left[32];

    TRY(ledger_cap(cx, CAP_DATASET, who, &whole));
    nano_text(accountant_eps_nano(who->accounting, b, whole.delta_atto), requested);
    b.eps_nano = b.rho_nano = room.nano;
    nano_text(accountant_eps_nano(who->accounting, b, whole.delta_atto), left);
    snprintf(cx->diag.extra, sizeof cx->diag.extra,
        "{\"requested\":\"%s\",\"free\":\"%s\",\"cap\":\"%s\"}", requested, left,
        cap_names[kind]);
    if (ask.nano <= room.nano) {
        return FAIL(&cx->diag, ERR_BUDGET, "the delta of the %s does not allow it",
            cap_names[kind]);
    }
    return FAIL(&cx->diag, ERR_BUDGET,
        "epsilon %s is asked for; the budget of the %s has %s left", requested,
        cap_names[kind], left);
}

/* ---- what every act writes ---- */

/* A row about nobody in particular yet. */
static struct ledger_row
row_of(const char *kind, enum cap_kind scope, const struct ledger_party *p)
{
    return (struct ledger_row){.kind = kind,
        .scope = cap_names[scope],
        .project_id = p->project_id,
        .user_id = p->user_id,
        .job_id = p->job_id,
        .run_id = "",
        .label = "",
        .measurement = "",
        .mechanism = ""};
}

/* Moves all four caps of a job, and the population's, and writes the row that says
 * so. */
static enum err
book(struct ctx *cx, const struct ledger_party *who, struct ledger_row *row)
{
    int64_t changed;

    TRY(db_run(cx->db, &cx->diag, &changed, STMT_CAP_MOVE, who->dataset_id,
        who->project_id, who->user_id, who->job_id, row->limit_nano, row->limit_atto,
        row->reserved_nano, row->reserved_atto, row->spent_nano, row->spent_atto));
    if (changed != CAPS_OF_A_JOB) {
        return FAIL(&cx->diag, ERR_DB, "%" PRId64 " caps moved instead of %d", changed,
            CAPS_OF_A_JOB);
    }
    TRY(db_run(cx->db, &cx->diag, NULL, STMT_POPULATION_MOVE, who->dataset_id,
        row->reserved_nano, row->reserved_atto, row->spent_nano, row->spent_atto));
    return ledger_row_append(cx, row, who->dataset_id, NULL);
}

/* ---- limits ---- */

enum err
ledger_grant(struct ctx *cx, const struct dataset *ds)
{
    struct ledger_party who = {ds->id, "", "", "", ds->accounting};
    struct ledger_row row = row_of("grant", CAP_DATASET, &who);
    struct budget limit;
    struct amount a;
    TXN_SCOPE(txn);

    TRY(accountant_limit(
        &cx->diag, ds->accounting, ds->epsilon_nano, ds->delta_atto, &limit));
    a = amount_of(ds->accounting, limit);
    row.price = (struct budget){.eps_nano = ds->epsilon_nano,
        .rho_nano = ds->accounting == ACCOUNT_ZCDP ? limit.rho_nano : 0,
        .delta_atto = ds->delta_atto};
    row.limit_nano = a.nano;
    row.limit_atto = a.atto;
    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(db_run(cx->db, &cx->diag, NULL, STMT_CAP_ENSURE, ds->id, "dataset", "", "",
        ds->epsilon_nano, a.nano, a.atto));
    TRY(db_run(cx->db, &cx->diag, NULL, STMT_CAP_SET_LIMIT, ds->id, "dataset", "", "",
        ds->epsilon_nano, ds->delta_atto, a.nano, a.atto));
    TRY(ledger_row_append(cx, &row, ds->id, NULL));
    return txn_commit(&txn, &cx->diag);
}

static enum err
adjust_book(struct ctx *cx, const struct ledger_party *p, enum cap_kind kind,
    int64_t epsilon_nano, int64_t delta_atto, struct amount limit, const char *reason)
{
    struct ledger_row row = row_of("adjust", kind, p);
    struct cap cap;
    bool first;

    for (enum cap_kind outer = CAP_PROJECT; outer <= kind; outer++)
        TRY(cap_ensure(cx, outer, p));
    TRY(ledger_cap(cx, kind, p, &cap));
    first = cap.limit_nano == LEDGER_NO_LIMIT;
    if (limit.nano - cap.spent_nano < cap.reserved_nano ||
        limit.atto - cap.spent_atto < cap.reserved_atto) {
        return refuse(
            cx, p, kind, (struct amount){cap.spent_nano + cap.reserved_nano, 0}, limit);
    }
    row.price = amount_shown(p->accounting, limit);
    row.price.eps_nano = epsilon_nano;
    row.price.delta_atto = delta_atto;
    row.limit_nano = limit.nano - (first ? 0 : cap.limit_nano);
    row.limit_atto = limit.atto - (first ? 0 : cap.limit_atto);
    TRY(db_run(cx->db, &cx->diag, NULL, STMT_CAP_SET_LIMIT, p->dataset_id,
        cap_names[kind], p->project_id, p->user_id, epsilon_nano, delta_atto,
        limit.nano, limit.atto));
    return ledger_row_append(cx, &row, p->dataset_id, reason);
}

enum err
ledger_adjust(struct ctx *cx, const struct dataset *ds, const char *project_id,
    const char *user_id, int64_t epsilon_nano, int64_t delta_atto, const char *reason)
{
    struct ledger_party p = {ds->id, project_id, user_id, "", ds->accounting};
    enum cap_kind kind = project_id[0] == '\0' ? CAP_DATASET
        : user_id[0] == '\0'                   ? CAP_PROJECT
                                               : CAP_RESEARCHER;
    struct budget limit;
    TXN_SCOPE(txn);

    TRY(accountant_limit(&cx->diag, ds->accounting, epsilon_nano, delta_atto, &limit));
    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(adjust_book(cx, &p, kind, epsilon_nano, delta_atto,
        amount_of(ds->accounting, limit), reason));
    return txn_commit(&txn, &cx->diag);
}

/* ---- a job: it reserves, is charged, and settles ---- */

enum err
ledger_frozen(struct ctx *cx, const char *dataset_id, bool *out)
{
    int64_t frozen;

    TRY(db_one(
        cx->db, &cx->diag, cx->arena, STMT_BUDGET_IS_FROZEN, dataset_id, &frozen));
    *out = frozen != 0;
    return ERR_OK;
}

static enum err
thaw_check(struct ctx *cx, const char *dataset_id)
{
    bool frozen;

    TRY(ledger_frozen(cx, dataset_id, &frozen));
    if (!frozen)
        return ERR_OK;
    return FAIL(&cx->diag, ERR_FROZEN,
        "an administrator froze the budget of the dataset: nothing can be reserved");
}

enum err
ledger_reserve(struct ctx *cx, const struct ledger_party *who, struct budget ask)
{
    struct amount a = amount_of(who->accounting, ask);
    struct ledger_row row = row_of("reserve", CAP_JOB, who);
    struct cap cap;
    TXN_SCOPE(txn);

    if (a.nano < 0 || a.atto < 0) {
        return FAIL(
            &cx->diag, ERR_POLICY, "this budget is not in the dataset's accounting");
    }
    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(thaw_check(cx, who->dataset_id));
    for (enum cap_kind kind = CAP_PROJECT; kind <= CAP_JOB; kind++)
        TRY(cap_ensure(cx, kind, who));
    for (enum cap_kind kind = CAP_POPULATION; kind < CAP_JOB; kind++) {
        TRY(ledger_cap(cx, kind, who, &cap));
        if (!fits(a, cap_room(&cap)))
            return refuse(cx, who, kind, a, cap_room(&cap));
    }
    row.price = amount_shown(who->accounting, a);
    row.limit_nano = row.reserved_nano = a.nano;
    row.limit_atto = row.reserved_atto = a.atto;
    TRY(book(cx, who, &row));
    return txn_commit(&txn, &cx->diag);
}

/* The answer to the same measurement, if it was charged before. */
static enum err
charged_before(struct ctx *cx, const struct ledger_party *who,
    const struct ledger_charge *c, bool *was, const char **answer)
{
    char digest[65];
    const char *mark;
    enum err err;

    err = db_one(cx->db, &cx->diag, cx->arena, STMT_MEASUREMENT_GET, who->job_id,
        c->job_version, c->data_version, digest_text(c->measurement, digest), &mark,
        answer);
    *was = err == ERR_OK;
    if (err == ERR_NOT_FOUND) {
        diag_clear(&cx->diag);
        return ERR_OK;
    }
    return err;
}

/* May the price leave every cap? It stands reserved in all of them, so that what the
 * job has left is the bound; the others are looked at again all the same. */
static enum err
charge_fits(struct ctx *cx, const struct ledger_party *who, struct amount a, bool *out)
{
    struct cap cap;
    bool frozen;

    TRY(ledger_frozen(cx, who->dataset_id, &frozen));
    *out = !frozen;
    for (enum cap_kind kind = CAP_POPULATION; kind <= CAP_JOB; kind++) {
        TRY(ledger_cap(cx, kind, who, &cap));
        if (kind == CAP_POPULATION && cap.limit_nano == LEDGER_NO_LIMIT)
            continue; /* the dataset belongs to none */
        if (!fits(a, (struct amount){cap.reserved_nano, cap.reserved_atto}))
            *out = false;
    }
    return ERR_OK;
}

static enum err
charge_book(struct ctx *cx, const struct ledger_party *who,
    const struct ledger_charge *c, struct amount a)
{
    struct ledger_row row = row_of("charge", CAP_JOB, who);
    char digest[65];

    row.run_id = c->run_id;
    row.measurement = digest_text(c->measurement, digest);
    row.label = c->label;
    row.mechanism = c->mechanism;
    row.price = c->price;
    row.reserved_nano = -a.nano;
    row.reserved_atto = -a.atto;
    row.spent_nano = a.nano;
    row.spent_atto = a.atto;
    TRY(book(cx, who, &row));
    return db_run(cx->db, &cx->diag, NULL, STMT_MEASUREMENT_INSERT, who->job_id,
        c->job_version, c->data_version, digest, row.seq, c->error95, c->plan_json,
        (int64_t)c->exact);
}

enum err
ledger_charge(struct ctx *cx, const struct ledger_party *who,
    const struct ledger_charge *c, enum ledger_verdict *verdict, const char **answer)
{
    struct amount a = amount_of(who->accounting, c->price);
    bool was, may;
    TXN_SCOPE(txn);

    *answer = NULL;
    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(charged_before(cx, who, c, &was, answer));
    if (was) {
        *verdict = *answer != NULL ? LEDGER_STORED : LEDGER_PAID_BEFORE;
        return txn_commit(&txn, &cx->diag);
    }
    TRY(charge_fits(cx, who, a, &may));
    *verdict = may ? LEDGER_PAID : LEDGER_REFUSED;
    if (may)
        TRY(charge_book(cx, who, c, a));
    return txn_commit(&txn, &cx->diag);
}

enum err
ledger_keep(struct ctx *cx, const char *job_id, int64_t job_version,
    int64_t data_version, struct digest measurement, struct str answer)
{
    char digest[65];
    const char *text = arena_strn(cx->arena, answer.ptr, answer.len);
    int64_t changed;

    if (text == NULL)
        return FAIL(&cx->diag, ERR_TOO_LARGE, "the answer needs too much memory");
    TRY(db_run(cx->db, &cx->diag, &changed, STMT_MEASUREMENT_KEEP, job_id, job_version,
        data_version, digest_text(measurement, digest), text));
    if (changed != 1) {
        return FAIL(&cx->diag, ERR_CONFLICT,
            "an answer is kept once, and only for a measurement that was paid");
    }
    return ERR_OK;
}

enum err
ledger_settle(struct ctx *cx, const struct ledger_party *who)
{
    struct ledger_row row = row_of("settle", CAP_JOB, who);
    struct cap cap;
    int64_t is_open;
    TXN_SCOPE(txn);

    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(db_one(cx->db, &cx->diag, cx->arena, STMT_LEDGER_JOB_OPEN, who->dataset_id,
        who->job_id, &is_open));
    if (!is_open)
        return txn_commit(&txn, &cx->diag);
    TRY(ledger_cap(cx, CAP_JOB, who, &cap));
    row.price = amount_shown(
        who->accounting, (struct amount){cap.reserved_nano, cap.reserved_atto});
    row.limit_nano = row.reserved_nano = -cap.reserved_nano;
    row.limit_atto = row.reserved_atto = -cap.reserved_atto;
    TRY(book(cx, who, &row));
    return txn_commit(&txn, &cx->diag);
}
