/* population.c -- the same people in several datasets: one more cap over all of them. */
#include "datasite/core/population.h"

#include "datasite/base/check.h"
#include "datasite/core/audit.h"
#include "datasite/core/event.h"
#include "datasite/core/field.h"

#include <string.h>

/* The columns of a population, in order. */
#define POPULATION_OUT(p, accounting)                                                 \
    &(p)->id, &(p)->name, (accounting), &(p)->cap.epsilon_nano, &(p)->cap.delta_atto, \
        &(p)->cap.limit_nano, &(p)->cap.spent_nano, &(p)->cap.reserved_nano,          \
        &(p)->cap.limit_atto, &(p)->cap.spent_atto, &(p)->cap.reserved_atto,          \
        &(p)->revision, &(p)->created.us

/* The table's CHECK says that the name is one of ours. */
static enum accounting
accounting_of(const char *name)
{
    return strcmp(name, accounting_name(ACCOUNT_PURE)) == 0 ? ACCOUNT_PURE
                                                            : ACCOUNT_ZCDP;
}

static enum err
no_such_population(struct ctx *cx)
{
    diag_clear(&cx->diag);
    return FAIL(&cx->diag, ERR_NOT_FOUND, "no such population");
}

static enum err
datasets_load(struct ctx *cx, struct population *p)
{
    const char *name;
    bool more;

    p->datasets_n = 0;
    NEW(cx, p->datasets, POPULATION_DATASETS_MAX);
    TRY(db_each(cx->db, &cx->diag, STMT_POPULATION_DATASETS, p->id));
    for (;;) {
        TRY(db_row(
            cx->db, &cx->diag, cx->arena, STMT_POPULATION_DATASETS, &more, &name));
        if (!more)
            return ERR_OK;
        CHECK(p->datasets_n < POPULATION_DATASETS_MAX);
        p->datasets[p->datasets_n++] = name;
    }
}

static enum err
row_load(struct ctx *cx, const char *id, struct population *out)
{
    const char *accounting;
    enum err err;

    err = db_one(cx->db, &cx->diag, cx->arena, STMT_POPULATION_BY_ID, id,
        POPULATION_OUT(out, &accounting));
    if (err == ERR_NOT_FOUND)
        return no_such_population(cx);
    TRY(err);
    out->accounting = accounting_of(accounting);
    return ERR_OK;
}

enum err
population_by_id(struct ctx *cx, const char *id, struct population *out)
{
    TRY(row_load(cx, id, out));
    return datasets_load(cx, out);
}

enum err
population_of(
    struct ctx *cx, const char *dataset_id, struct population *out, bool *found)
{
    const char *id;
    enum err err =
        db_one(cx->db, &cx->diag, cx->arena, STMT_POPULATION_OF, dataset_id, &id);

    *found = err == ERR_OK;
    if (err == ERR_NOT_FOUND) {
        diag_clear(&cx->diag);
        return ERR_OK;
    }
    TRY(err);
    return row_load(cx, id, out);
}

enum err
population_list(struct ctx *cx, const char *after, int64_t limit,
    struct population **out, size_t *n)
{
    const char *accounting;
    bool more;

    *n = 0;
    NEW(cx, *out, (size_t)limit);
    TRY(db_each(
        cx->db, &cx->diag, STMT_POPULATION_LIST, after != NULL ? after : "", limit));
    for (;;) {
        struct population p = {0};

        TRY(db_row(cx->db, &cx->diag, cx->arena, STMT_POPULATION_LIST, &more,
            POPULATION_OUT(&p, &accounting)));
        if (!more)
            break;
        p.accounting = accounting_of(accounting);
        CHECK(*n < (size_t)limit);
        (*out)[(*n)++] = p;
    }
    for (size_t i = 0; i < *n; i++)
        TRY(datasets_load(cx, &(*out)[i]));
    return ERR_OK;
}

/* Nobody but administrators is told: a population is theirs. */
static enum err
commit(struct ctx *cx, struct txn *txn, const struct population *p)
{
    TRY(event_emit(cx, "population.budget", p->id, NULL, NULL, "changed"));
    TRY(txn_commit(txn, &cx->diag));
    event_wake();
    return ERR_OK;
}

static json_t *
limit_facts(const struct population *p, const char *reason)
{
    char epsilon[32], delta[32];

    return json_pack("{s:s, s:s, s:s, s:s}", "name", p->name, "epsilon",
        nano_text(p->cap.epsilon_nano, epsilon), "delta",
        atto_text(p->cap.delta_atto, delta), "reason", reason != NULL ? reason : "");
}

enum err
population_create(struct ctx *cx, const char *name, int64_t epsilon_nano,
    int64_t delta_atto, struct population *out)
{
    enum accounting acc = delta_atto == 0 ? ACCOUNT_PURE : ACCOUNT_ZCDP;
    struct budget limit;
    char id[ID_BYTES];
    enum err err;
    TXN_SCOPE(txn);

    TRY(field_line(&cx->diag, "/name", name, TITLE_BYTES_MAX));
    TRY(accountant_limit(&cx->diag, acc, epsilon_nano, delta_atto, &limit));
    TRY(txn_begin(&txn, cx->db, &cx->diag));
    err = db_run(cx->db, &cx->diag, NULL, STMT_POPULATION_INSERT, id_new("pop", id),
        name, accounting_name(acc), epsilon_nano, delta_atto,
        accountant_amount(acc, limit), limit.delta_atto, cx->now.us);
    if (err == ERR_CONFLICT) {
        diag_clear(&cx->diag);
        return FAIL_FIELD(
            &cx->diag, ERR_CONFLICT, "/name", "a population has this name");
    }
    TRY(err);
    TRY(population_by_id(cx, id, out));
    TRY(audit_append(cx, "population.create", id, limit_facts(out, NULL)));
    return commit(cx, &txn, out);
}

enum err
population_set(
    struct ctx *cx, struct population *p, int64_t epsilon_nano, const char *reason)
{
    struct budget limit;
    int64_t nano;
    TXN_SCOPE(txn);

    TRY(accountant_limit(
        &cx->diag, p->accounting, epsilon_nano, p->cap.delta_atto, &limit));
    nano = accountant_amount(p->accounting, limit);
    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(row_load(cx, p->id, p));
    if (nano - p->cap.spent_nano < p->cap.reserved_nano) {
        return FAIL(&cx->diag, ERR_BUDGET,
            "a population keeps at least what its datasets have spent and reserved");
    }
    TRY(db_run(cx->db, &cx->diag, NULL, STMT_POPULATION_LIMIT_SET, p->id, epsilon_nano,
        nano, limit.delta_atto));
    TRY(population_by_id(cx, p->id, p));
    TRY(audit_append(cx, "population.budget", p->id, limit_facts(p, reason)));
    return commit(cx, &txn, p);
}

/* What the dataset used before it joined counts from now on. */
static enum err
use_takes_over(struct ctx *cx, const struct population *p, const struct dataset *ds)
{
    struct ledger_party who = {ds->id, "", "", "", ds->accounting};
    struct cap used;

    TRY(ledger_cap(cx, CAP_DATASET, &who, &used));
    if (used.spent_nano + used.reserved_nano >
            p->cap.limit_nano - p->cap.spent_nano - p->cap.reserved_nano ||
        used.spent_atto + used.reserved_atto >
            p->cap.limit_atto - p->cap.spent_atto - p->cap.reserved_atto) {
        return FAIL(&cx->diag, ERR_BUDGET,
            "what the dataset has spent and reserved does not fit into the population");
    }
    return db_run(cx->db, &cx->diag, NULL, STMT_POPULATION_MOVE, ds->id,
        used.reserved_nano, used.reserved_atto, used.spent_nano, used.spent_atto);
}

static enum err
join_check(struct ctx *cx, const struct population *p, const struct dataset *ds)
{
    if (ds->accounting != p->accounting) {
        return FAIL(&cx->diag, ERR_CONFLICT,
            "a dataset joins a population of its own accounting: %s",
            accounting_name(ds->accounting));
    }
    if (p->datasets_n == POPULATION_DATASETS_MAX)
        return FAIL(&cx->diag, ERR_CONFLICT, "a population has %d datasets at most",
            POPULATION_DATASETS_MAX);
    return ERR_OK;
}

enum err
population_join(struct ctx *cx, struct population *p, const struct dataset *ds)
{
    struct population present;
    bool found;
    TXN_SCOPE(txn);

    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(population_by_id(cx, p->id, p));
    TRY(join_check(cx, p, ds));
    TRY(population_of(cx, ds->id, &present, &found));
    if (found && strcmp(present.id, p->id) == 0)
        return txn_commit(&txn, &cx->diag);
    if (found) {
        return FAIL(&cx->diag, ERR_CONFLICT,
            "the dataset belongs to a population already, and stays in it");
    }
    TRY(db_run(
        cx->db, &cx->diag, NULL, STMT_POPULATION_JOIN, ds->id, p->id, cx->now.us));
    TRY(use_takes_over(cx, p, ds));
    TRY(population_by_id(cx, p->id, p));
    TRY(audit_append(
        cx, "population.join", p->id, json_pack("{s:s}", "dataset", ds->id)));
    return commit(cx, &txn, p);
}
