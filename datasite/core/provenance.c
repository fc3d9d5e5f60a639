/* provenance.c -- how a released result came about, in the words of W3C PROV. */
#include "datasite/core/provenance.h"

#include "datasite/core/audit.h"
#include "datasite/core/review.h"
#include "datasite/core/site.h"
#include "datasite/core/user.h"

#include <stdio.h>
#include <string.h>

#define NAMESPACE   "urn:datasite:"
#define NAME_BYTES  (ID_BYTES + 16)
#define REVIEWS_MAX 200

/* A document in the making. */
struct prov {
    struct ctx *cx;
    const struct job *j;
    const json_t *receipt; /* borrowed: what the receipt says */
    json_t *doc;           /* owned */
    int relations;
};

static void
prov_release(struct prov *p)
{
    json_decref(p->doc);
}
#define PROV_SCOPE(name) struct prov name __attribute__((cleanup(prov_release)))

/* "ds:" and what is named: the thing of a job, or something with an id of its own. */
static const char *
named(char out[NAME_BYTES], const char *id, const char *thing)
{
    snprintf(out, NAME_BYTES, "ds:%.40s%s%s", id, thing[0] != '\0' ? "-" : "", thing);
    return out;
}

static json_t *
said(const struct prov *p, const char *member)
{
    json_t *v = json_object_get(p->receipt, member);

    return v != NULL ? json_incref(v) : json_null();
}

/* A name that a prefix stands before, where a text would be taken for a text. */
static json_t *
qualified(const char *name)
{
    return json_pack("{s:s, s:s}", "$", name, "type", "prov:QUALIFIED_NAME");
}

/* Attributes have a value or are left out: PROV knows no null. */
static void
without_nulls(json_t *attributes)
{
    const char *name;
    json_t *v;
    void *next;

    json_object_foreach_safe(attributes, next, name, v)
    {
        if (json_is_null(v))
            (void)json_object_del(attributes, name);
    }
}

/* Puts one element; attributes are consumed. */
static void
put(struct prov *p, const char *kind, const char *name, json_t *attributes)
{
    json_t *all = json_object_get(p->doc, kind);

    without_nulls(attributes);

    if (all == NULL) {
        all = json_object();
        json_object_set_new(p->doc, kind, all);
    }
    json_object_set_new(all, name, attributes);
}

/* One statement between two things, such as "used": an activity and an entity. */
static void
relate(struct prov *p, const char *kind, const char *from_role, const char *from,
    const char *to_role, const char *to)
{
    char name[24];

    snprintf(name, sizeof name, "_:r%d", ++p->relations);
    put(p, kind, name, json_pack("{s:s, s:s}", from_role, from, to_role, to));
}

static void
used(struct prov *p, const char *activity, const char *entity)
{
    relate(p, "used", "prov:activity", activity, "prov:entity", entity);
}

static void
made_by(struct prov *p, const char *entity, const char *activity)
{
    relate(p, "wasGeneratedBy", "prov:entity", entity, "prov:activity", activity);
}

static void
answered_for(struct prov *p, const char *activity, const char *agent)
{
    relate(p, "wasAssociatedWith", "prov:activity", activity, "prov:agent", agent);
}

static void
came_after(struct prov *p, const char *later, const char *earlier)
{
    relate(p, "wasInformedBy", "prov:informed", later, "prov:informant", earlier);
}

static void
put_person(struct prov *p, const char *id, const char *name)
{
    char agent[NAME_BYTES];

    put(p, "agent", named(agent, id, ""),
        json_pack(
            "{s:o, s:s}", "prov:type", qualified("prov:Person"), "prov:label", name));
}

/* Where its owner kept something back; null: nowhere. */
static json_t *
withheld_of(const struct prov *p)
{
    const json_t *parts = json_object_get(p->receipt, "withheld"), *one;
    json_t *list = json_array_size(parts) > 0 ? json_array() : json_null();
    size_t i;

    json_array_foreach(parts, i, one)
        json_array_append(list, json_object_get(one, "pointer"));
    return list;
}

/* What went in, and what came out. */
static void
put_entities(struct prov *p)
{
    const json_t *audit = json_object_get(p->receipt, "audit");
    const char *job = p->j->id;
    char name[NAME_BYTES], result[NAME_BYTES], author[NAME_BYTES];

    put(p, "entity", named(name, job, "program"),
        json_pack("{s:o, s:s, s:o, s:o, s:o}", "prov:type", qualified("ds:Program"),
            "prov:label", p->j->title, "ds:version", said(p, "job_version"),
            "ds:sha256", said(p, "source_sha256"), "ds:lane", said(p, "lane")));
    relate(p, "wasAttributedTo", "prov:entity", name, "prov:agent",
        named(author, p->j->author_id, ""));
    put(p, "entity", named(name, job, "data"),
        json_pack("{s:o, s:o, s:o, s:o}", "prov:type", qualified("ds:Dataset"),
            "prov:label", said(p, "dataset"), "ds:version", said(p, "data_version"),
            "ds:commitment", said(p, "data_commitment")));
    put(p, "entity", named(name, job, "policy"),
        json_pack("{s:o, s:o, s:o}", "prov:type", qualified("ds:Policy"), "prov:label",
            said(p, "policy"), "ds:sha256", said(p, "policy_sha256")));
    put(p, "entity", named(result, job, "result"),
        json_pack("{s:o, s:o, s:o, s:o, s:I, s:o}", "prov:type", qualified("ds:Result"),
            "ds:sha256", said(p, "result_sha256"), "ds:epsilon", said(p, "epsilon"),
            "ds:delta", said(p, "delta"), "ds:measurements",
            (json_int_t)json_array_size(json_object_get(p->receipt, "measurements")),
            "ds:withheld", withheld_of(p)));
    relate(p, "wasDerivedFrom", "prov:generatedEntity", result, "prov:usedEntity",
        named(name, job, "program"));
    relate(p, "wasDerivedFrom", "prov:generatedEntity", result, "prov:usedEntity",
        named(name, job, "data"));
    put(p, "entity", named(name, job, "receipt"),
        json_pack("{s:o, s:O?, s:O?}", "prov:type", qualified("ds:Receipt"),
            "ds:audit_entries", json_object_get(audit, "entries"), "ds:audit_head",
            json_object_get(audit, "head")));
}

static void
put_review(struct prov *p, const struct review *r)
{
    char review[NAME_BYTES], name[NAME_BYTES], time[32];

    clock_text(r->time, time);
    put_person(p, r->reviewer_id, r->reviewer_name);
    put(p, "activity", named(review, r->id, ""),
        json_pack("{s:o, s:s, s:s, s:s, s:I}", "prov:type", qualified("ds:Review"),
            "prov:startTime", time, "prov:endTime", time, "ds:decision", r->decision,
            "ds:version", (json_int_t)r->version));
    answered_for(p, review, named(name, r->reviewer_id, ""));
    used(p, review, named(name, p->j->id, "program"));
    if (r->version == p->j->version && strcmp(r->decision, "approve") == 0)
        came_after(p, named(name, p->j->id, "run"), review);
}

static enum err
put_reviews(struct prov *p)
{
    struct review r;
    bool more;

    TRY(review_list(p->cx, p->j->id, "", REVIEWS_MAX));
    for (;;) {
        TRY(review_next(p->cx, &r, &more));
        if (!more)
            return ERR_OK;
        put_review(p, &r);
    }
}

static enum err
put_run(struct prov *p, const char *run_id)
{
    static const char *const inputs[] = {"program", "data", "policy"};
    int64_t version, data_version, attempts, slot_us;
    struct unixus started;
    char run[NAME_BYTES], name[NAME_BYTES], time[32];

    TRY(db_one(p->cx->db, &p->cx->diag, p->cx->arena, STMT_RUN_BY_ID, run_id, &version,
        &data_version, &attempts, &started.us, &slot_us));
    put(p, "activity", named(run, p->j->id, "run"),
        json_pack("{s:o, s:s, s:s, s:o}", "prov:type", qualified("ds:Run"),
            "prov:startTime", clock_text(started, time), "ds:id", run_id, "ds:runtime",
            said(p, "runtime")));
    for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++)
        used(p, run, named(name, p->j->id, inputs[i]));
    made_by(p, named(name, p->j->id, "result"), run);
    answered_for(p, run, "ds:site");
    return ERR_OK;
}

/* Who let the result go: the owner, or the policy through the site. */
static enum err
releaser(struct prov *p, char agent[NAME_BYTES])
{
    const struct audit_filter filter = {.verb = "result.release", .subject = p->j->id};
    struct audit_entry *list;
    struct user user;
    size_t n;

    named(agent, "site", "");
    TRY(audit_entries(p->cx, &filter, 0, 1, &list, &n));
    if (n == 0)
        return ERR_OK;
    TRY(user_by_id(p->cx, list[0].actor, &user));
    put_person(p, user.id, user.name);
    named(agent, user.id, "");
    return ERR_OK;
}

static enum err
put_release(struct prov *p)
{
    char release[NAME_BYTES], name[NAME_BYTES], agent[NAME_BYTES];

    TRY(releaser(p, agent));
    put(p, "activity", named(release, p->j->id, "release"),
        json_pack("{s:o, s:o, s:o}", "prov:type", qualified("ds:Release"),
            "prov:startTime", said(p, "released_at"), "prov:endTime",
            said(p, "released_at")));
    answered_for(p, release, agent);
    came_after(p, release, named(name, p->j->id, "run"));
    used(p, release, named(name, p->j->id, "result"));
    made_by(p, named(name, p->j->id, "receipt"), release);
    return ERR_OK;
}

enum err
provenance_make(
    struct ctx *cx, const struct job *j, const struct result *r, json_t **out)
{
    json_auto_t *proof = NULL;
    PROV_SCOPE(p) = {.cx = cx, .j = j};

    TRY(json_parse(&cx->diag, str_of(r->receipt_json), &proof));
    p.receipt = json_object_get(proof, "receipt");
    p.doc = json_pack("{s:{s:s, s:s}}", "prefix", "prov", "http://www.w3.org/ns/prov#",
        "ds", NAMESPACE);
    if (p.doc == NULL)
        return FAIL(&cx->diag, ERR_INTERNAL, "no memory for a document");
    put(&p, "agent", "ds:site",
        json_pack("{s:o, s:o, s:o}", "prov:type", qualified("prov:SoftwareAgent"),
            "prov:label", said(&p, "site"), "ds:key",
            json_incref(json_object_get(proof, "key"))));
    put_person(&p, j->author_id, j->author_name);
    put_entities(&p);
    TRY(put_run(&p, r->run_id));
    TRY(put_reviews(&p));
    TRY(put_release(&p));
    *out = json_incref(p.doc);
    return ERR_OK;
}
