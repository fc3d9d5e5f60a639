/* risk.c -- what a job may cost the people in the data. */
#include "datasite/core/risk.h"

#include "datasite/core/sealed.h"
#include "datasite/core/site.h"
#include "policies/odds.h"
#include "policies/sdc_cells.h"
#include "sandbox/client/runner_client.h"

#include <stdio.h>
#include <string.h>

/* What epsilon means */

static json_t *
odds_json(const struct dataset *ds, int64_t eps_nano)
{
    long double eps = (long double)eps_nano / (long double)NANO;
    long double delta = (long double)ds->delta_atto / (long double)ATTO;
    char epsilon[32], deltas[32], posterior[32], advantage[32];

    snprintf(posterior, sizeof posterior, "%.4Lf", odds_posterior(eps, delta));
    snprintf(advantage, sizeof advantage, "%.4Lf", odds_advantage(eps, delta));
    return json_pack("{s:s, s:s, s:s, s:s}", "epsilon", nano_text(eps_nano, epsilon),
        "delta", atto_text(ds->delta_atto, deltas), "posterior", posterior, "advantage",
        advantage);
}

/* An amount of the ledger in epsilon, at the dataset's delta. */
static int64_t
epsilon_of(const struct dataset *ds, int64_t nano)
{
    struct budget b = {.eps_nano = nano, .rho_nano = nano};

    return accountant_eps_nano(ds->accounting, b, ds->delta_atto);
}

/* As the job is written: what it may hold, or, where every answer it asks for is pure,
 * their sum, if that is less. */
static enum err
epsilon_of_job(struct ctx *cx, const struct job *j, const struct dataset *ds,
    int64_t hold, int64_t *out)
{
    json_auto_t *quote = NULL;
    const char *epsilon = NULL;
    int64_t pure;

    *out = epsilon_of(ds, hold);
    if (j->quote_json == NULL)
        return ERR_OK;
    TRY(json_parse(&cx->diag, str_of(j->quote_json), &quote));
    epsilon =
        json_string_value(json_object_get(json_object_get(quote, "total"), "epsilon"));
    if (epsilon != NULL && nano_parse(str_of(epsilon), &pure) && pure < *out)
        *out = pure;
    return ERR_OK;
}

/* Of what the job asks for, what the dataset spent, and both as the ledger would hold
 * them. */
static enum err
odds_all(struct ctx *cx, const struct job *j, const struct dataset *ds, json_t **out)
{
    struct ledger_party party = job_party(j);
    struct job_version version;
    struct cap dataset, own;
    int64_t hold, others, own_epsilon;

    TRY(job_version_by(cx, j, j->version, &version));
    TRY(ledger_cap(cx, CAP_DATASET, &party, &dataset));
    TRY(ledger_cap(cx, CAP_JOB, &party, &own));
    hold = accountant_amount(ds->accounting, version.hold);
    others = dataset.spent_nano - own.spent_nano;
    TRY(epsilon_of_job(cx, j, ds, hold, &own_epsilon));
    *out = json_pack("{s:o, s:o, s:o, s:o}", "job", odds_json(ds, own_epsilon), "spent",
        odds_json(ds, epsilon_of(ds, dataset.spent_nano)), "with_job",
        odds_json(ds, epsilon_of(ds, others + hold)), "limit",
        odds_json(ds, epsilon_of(ds, dataset.limit_nano)));
    return ERR_OK;
}

/* Influence of the largest contributors */

static int64_t
percent_up(__int128 part, int64_t whole)
{
    return whole <= 0 ? 0 : (int64_t)((part * 100 + whole - 1) / whole);
}

/* Leaving the largest one out moves a sum by their share; where sizes do not count, one
 * of so many persons. */
static void
cell_influence(const struct sdc_cell *c, int64_t *one, int64_t *two)
{
    bool sized = c->total > 0 && c->largest > 0;
    int64_t first =
        sized ? percent_up(c->largest, c->total) : percent_up(1, c->persons);
    int64_t both = sized ? percent_up((__int128)c->largest + c->second, c->total)
                         : percent_up(c->persons > 1 ? 2 : c->persons, c->persons);

    *one = first > *one ? first : *one;
    *two = both > *two ? both : *two;
}

static json_t *
influence_of(const json_t *kept, struct sdc_cell *room)
{
    struct sdc_evidence e;
    int64_t one = 0, two = 0;

    if (!sdc_evidence_take(json_object_get(kept, "evidence"), room, &e)) {
        return json_pack("{s:O?, s:i, s:n, s:n}", "label",
            json_object_get(kept, "label"), "cells", 0, "one_percent", "two_percent");
    }
    for (size_t i = 0; i < e.cells_n; i++)
        cell_influence(&e.cells[i], &one, &two);
    return json_pack("{s:O?, s:I, s:I, s:I}", "label", json_object_get(kept, "label"),
        "cells", (json_int_t)e.cells_n, "one_percent", (json_int_t)one, "two_percent",
        (json_int_t)two);
}

static enum err
influence_all(struct ctx *cx, const struct job *j, json_t **out)
{
    json_auto_t *kept = NULL;
    struct sdc_cell *room;
    const json_t *one;
    size_t i;

    NEW(cx, room, SDC_CELLS_MAX);
    TRY(sealed_evidence(cx, j->id, &kept));
    *out = json_array();
    json_array_foreach(kept, i, one)
        json_array_append_new(*out, influence_of(one, room));
    return ERR_OK;
}

/* Persons who stand alone */

/* Quasi-identifiers among the columns that the quote names. */
static size_t
quasi_columns(const struct schema *s, const json_t *quote, bool *wanted, json_t *names)
{
    const json_t *name;
    size_t i;

    json_array_foreach(json_object_get(quote, "columns"), i, name)
    {
        const struct schema_column *c = schema_find(s, str_of(json_string_value(name)));

        if (c == NULL || strcmp(c->sensitivity, "quasi") != 0)
            continue;
        wanted[c - s->columns] = true;
        json_array_append_new(names, json_string(c->name));
    }
    return json_array_size(names);
}

/* Of the data in force; null where they are gone, or no column calls for it. */
static enum err
uniqueness(struct ctx *cx, const struct job *j, const struct dataset *ds, json_t **out)
{
    json_auto_t *quote = NULL, *names = json_array();
    struct schema schema;
    int64_t percent;
    bool *wanted;

    *out = json_null();
    if (j->quote_json == NULL || ds->data_version == 0 || ds->archived)
        return ERR_OK;
    TRY(dataset_schema(cx, ds, &schema));
    TRY(json_parse(&cx->diag, str_of(j->quote_json), &quote));
    NEW(cx, wanted, schema.columns_n);
    if (quasi_columns(&schema, quote, wanted, names) == 0)
        return ERR_OK;
    TRY(runner_unique(cx->site->runner, &cx->diag, ds->id, ds->data_version,
        str_of(ds->schema_json), wanted, schema.columns_n, &percent));
    *out = json_pack(
        "{s:O, s:I}", "columns", names, "unique_percent", (json_int_t)percent);
    return ERR_OK;
}

enum err
risk_report(struct ctx *cx, const struct job *j, json_t **out)
{
    json_auto_t *odds = NULL, *influence = NULL, *unique = NULL;
    struct dataset ds;

    TRY(dataset_by_id(cx, j->dataset_id, &ds));
    TRY(odds_all(cx, j, &ds, &odds));
    TRY(influence_all(cx, j, &influence));
    TRY(uniqueness(cx, j, &ds, &unique));
    *out = json_pack(
        "{s:O, s:O, s:O}", "odds", odds, "influence", influence, "uniqueness", unique);
    return *out != NULL ? ERR_OK
                        : FAIL(&cx->diag, ERR_INTERNAL, "no memory for a report");
}
