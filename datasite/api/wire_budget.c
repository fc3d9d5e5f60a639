/* wire_budget.c -- budgets, their ledger, populations and raises as JSON. */
#include "datasite/api/wire_budget.h"

#include "datasite/api/wire_job.h"
#include "datasite/api/wire_people.h"

#include <stdio.h>

json_t *
nano_json(int64_t nano)
{
    char text[32];

    return json_string(nano_text(nano, text));
}

json_t *
atto_json(int64_t atto)
{
    char text[32];

    return json_string(atto_text(atto, text));
}

static json_t *
frozen_json(const struct budget_view *v)
{
    if (v->frozen_reason == NULL)
        return json_null();
    return json_pack(
        "{s:s, s:o}", "reason", v->frozen_reason, "since", time_to_json(v->frozen));
}

/* What binds beside the dataset's own budget. */
static json_t *
population_share_json(const struct budget_view *v)
{
    if (!v->has_population)
        return json_null();
    return json_pack("{s:s, s:s, s:o, s:o}", "id", v->population.id, "name",
        v->population.name, "epsilon", nano_json(v->population.cap.epsilon_nano),
        "free", nano_json(v->population_free_nano));
}

json_t *
budget_to_json(const struct budget_view *v)
{
    json_t *rho = json_null();

    if (v->accounting == ACCOUNT_ZCDP) {
        rho = json_pack("{s:o, s:o, s:o, s:o}", "limit", nano_json(v->cap.limit_nano),
            "spent", nano_json(v->cap.spent_nano), "reserved",
            nano_json(v->cap.reserved_nano), "free", nano_json(v->free_rho_nano));
    }
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "accounting",
        accounting_name(v->accounting), "epsilon", nano_json(v->epsilon_nano), "delta",
        atto_json(v->delta_atto), "spent", nano_json(v->spent_nano), "reserved",
        nano_json(v->reserved_nano), "free", nano_json(v->free_nano), "rho", rho,
        "frozen", frozen_json(v), "population", population_share_json(v));
}

json_t *
ledger_row_to_json(const struct ledger_row *r)
{
    return json_pack("{s:I, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s}", "seq",
        (json_int_t)r->seq, "time", time_to_json(r->time), "kind", r->kind, "job",
        text_or_null(r->job_id), "run", text_or_null(r->run_id), "measurement",
        text_or_null(r->label), "mechanism", text_or_null(r->mechanism), "epsilon",
        r->price.eps_nano == EPS_NONE ? json_null() : nano_json(r->price.eps_nano),
        "rho", nano_json(r->price.rho_nano), "delta", atto_json(r->price.delta_atto),
        "hash", r->hash);
}

/* A use of a cap in epsilon, at the delta it is reported with. */
static int64_t
epsilon_of(enum accounting acc, int64_t nano, int64_t atto, int64_t delta_atto)
{
    struct budget used = {.eps_nano = nano, .rho_nano = nano, .delta_atto = atto};

    return accountant_eps_nano(acc, used, delta_atto);
}

/* {"epsilon","delta","spent","reserved","free"} that add up, as a budget's do. */
static json_t *
use_json(enum accounting acc, const struct cap *cap)
{
    char delta[32];
    int64_t used = epsilon_of(acc, cap->spent_nano + cap->reserved_nano,
        cap->spent_atto + cap->reserved_atto, cap->delta_atto);
    int64_t spent = epsilon_of(acc, cap->spent_nano, cap->spent_atto, cap->delta_atto);

    return json_pack("{s:o, s:s, s:o, s:o, s:o}", "epsilon",
        nano_json(cap->epsilon_nano), "delta", atto_text(cap->delta_atto, delta),
        "spent", nano_json(spent), "reserved", nano_json(used - spent), "free",
        nano_json(used < cap->epsilon_nano ? cap->epsilon_nano - used : 0));
}

json_t *
population_to_json(const struct population *p)
{
    json_auto_t *use = use_json(p->accounting, &p->cap);
    json_t *datasets = json_array(), *doc;

    for (size_t i = 0; i < p->datasets_n; i++)
        json_array_append_new(datasets, json_string(p->datasets[i]));
    doc = json_pack("{s:s, s:s, s:s, s:o, s:o}", "id", p->id, "name", p->name,
        "accounting", accounting_name(p->accounting), "datasets", datasets,
        "created_at", time_to_json(p->created));
    if (doc == NULL || json_object_update(doc, use) != 0) {
        json_decref(doc);
        return NULL;
    }
    return doc;
}

json_t *
raise_to_json(const struct raise *r)
{
    return json_pack("{s:s, s:s?, s:o, s:o, s:o, s:s, s:o, s:o, s:s, s:o, s:o}", "id",
        r->id, "dataset", r->dataset_name, "population",
        person_json(r->population_id, r->population_name), "was",
        nano_json(r->was_nano), "epsilon", nano_json(r->epsilon_nano), "reason",
        r->reason, "asked_by", person_json(r->asked_by, r->asked_name), "asked_at",
        time_to_json(r->asked), "state", r->state, "decided_by",
        person_json(r->decided_by, r->decided_name), "decided_at",
        r->decided_by == NULL ? json_null() : time_to_json(r->decided));
}

json_t *
share_to_json(const struct dataset *ds, const struct ledger_share *s)
{
    bool capped = s->cap.epsilon_nano != LEDGER_NO_LIMIT;
    struct cap cap = s->cap;
    json_t *doc;

    cap.delta_atto = ds->delta_atto;
    doc = use_json(ds->accounting, &cap);
    json_object_set_new(doc, "project",
        json_pack("{s:s, s:s}", "id", s->project_id, "title", s->project_title));
    json_object_set_new(doc, "researcher", person_json(s->user_id, s->user_name));
    if (!capped) {
        json_object_set_new(doc, "epsilon", json_null());
        json_object_set_new(doc, "free", json_null());
    }
    return doc;
}

json_t *
point_to_json(const struct dataset *ds, const struct ledger_point *p)
{
    struct cap cap = {.epsilon_nano = p->epsilon_nano,
        .delta_atto = ds->delta_atto,
        .spent_nano = p->spent_nano,
        .spent_atto = p->spent_atto,
        .reserved_nano = p->reserved_nano,
        .reserved_atto = p->reserved_atto};
    json_t *doc = use_json(ds->accounting, &cap);

    if (doc == NULL || json_object_del(doc, "delta") != 0 ||
        json_object_set_new(doc, "seq", json_integer((json_int_t)p->seq)) != 0 ||
        json_object_set_new(doc, "time", time_to_json(p->time)) != 0) {
        json_decref(doc);
        return NULL;
    }
    return doc;
}

enum err
raise_reply(struct request *rq, struct reply *rp, int status, const struct raise *r)
{
    reply_etag(rp, "%s-%s", r->id, r->state);
    if (status == 202)
        snprintf(rp->location, sizeof rp->location, "/api/v1/budget_raises/%s", r->id);
    return reply_json(rq, rp, status, raise_to_json(r));
}
