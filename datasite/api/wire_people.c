/* wire_people.c -- people, tokens, projects and their records as JSON, both ways. */
#include "datasite/api/wire_people.h"

#include <stdio.h>
#include <string.h>

static json_t *
roles_json(unsigned roles)
{
    json_t *list = json_array();

    for (size_t i = 0; role_name(i) != NULL; i++) {
        if (roles & 1U << i)
            json_array_append_new(list, json_string(role_name(i)));
    }
    return list;
}

json_t *
user_to_json(const struct actor *reader, const struct user *u)
{
    json_t *doc =
        json_pack("{s:s, s:s, s:s}", "id", u->id, "email", u->email, "name", u->name);

    if (!(reader->roles & ROLE_ADMIN) && strcmp(reader->id, u->id) != 0)
        return doc;
    json_object_set_new(doc, "roles", roles_json(u->roles));
    json_object_set_new(doc, "suspended", json_boolean(u->suspended));
    json_object_set_new(doc, "created_at", json_string(u->created_at));
    return doc;
}

json_t *
session_to_json(const struct user *u, const char *csrf)
{
    return json_pack("{s:{s:s, s:s, s:s, s:o}, s:s}", "user", "id", u->id, "email",
        u->email, "name", u->name, "roles", roles_json(u->roles), "csrf_token", csrf);
}

json_t *
token_to_json(const struct token *t)
{
    return json_pack("{s:s, s:s, s:o, s:s, s:s, s:s?}", "id", t->id, "name", t->name,
        "scopes", scopes_json(t->scopes), "created_at", t->created_at, "expires_at",
        t->expires_at, "last_used_at", t->last_used_at);
}

json_t *
project_to_json(const struct project *p)
{
    json_t *datasets = json_array();

    for (size_t i = 0; i < p->datasets_n; i++)
        json_array_append_new(datasets, json_string(p->datasets[i]));
    return json_pack("{s:s, s:s, s:s, s:o, s:{s:s, s:s}, s:s}", "id", p->id, "title",
        p->title, "purpose", p->purpose, "datasets", datasets, "researcher", "id",
        p->owner_id, "name", p->owner_name, "created_at", p->created_at);
}

json_t *
person_json(const char *id, const char *name)
{
    return id == NULL ? json_null() : json_pack("{s:s, s:s}", "id", id, "name", name);
}

json_t *
member_to_json(const struct member *m)
{
    return json_pack(
        "{s:s, s:s, s:b}", "id", m->user_id, "name", m->name, "owner", (int)m->made_it);
}

/* The next string of an array; `field` names the array. */
static enum err
element(struct diag *d, json_t *v, size_t i, const char *field, const char **out)
{
    char at[64];

    *out = json_string_value(json_array_get(v, i));
    if (*out != NULL)
        return ERR_OK;
    snprintf(at, sizeof at, "%s/%zu", field, i);
    return FAIL_FIELD(d, ERR_INVALID, at, "%s must be a string", at);
}

static enum err
array_check(struct diag *d, json_t *v, const char *field)
{
    if (json_is_array(v))
        return ERR_OK;
    return FAIL_FIELD(d, ERR_INVALID, field, "%s must be an array", field);
}

enum err
roles_take(struct diag *d, json_t *v, unsigned *out)
{
    char at[64];

    if (v == NULL)
        return ERR_OK;
    TRY(array_check(d, v, "/roles"));
    *out = 0;
    for (size_t i = 0; i < json_array_size(v); i++) {
        const char *name;
        unsigned role;

        TRY(element(d, v, i, "/roles", &name));
        snprintf(at, sizeof at, "/roles/%zu", i);
        if (!role_parse(name, &role)) {
            return FAIL_FIELD(d, ERR_INVALID, at,
                "%s must be one of researcher, owner, admin, auditor", at);
        }
        *out |= role;
    }
    if (*out == 0) {
        return FAIL_FIELD(
            d, ERR_INVALID, "/roles", "/roles must name at least one role");
    }
    return ERR_OK;
}

enum err
scopes_take(struct diag *d, json_t *v, uint64_t *out)
{
    char at[64];

    if (v == NULL)
        return ERR_OK;
    TRY(array_check(d, v, "/scopes"));
    *out = json_array_size(v) == 0 ? SCOPES_ALL : 0;
    for (size_t i = 0; i < json_array_size(v); i++) {
        const char *name;

        TRY(element(d, v, i, "/scopes", &name));
        snprintf(at, sizeof at, "/scopes/%zu", i);
        if (!scope_parse(name, out)) {
            return FAIL_FIELD(d, ERR_UNPROCESSABLE, at,
                "no such scope; use *, read, or one of datasets, budgets, projects, "
                "jobs, reviews, results, users, audit, events with :read or :write");
        }
    }
    return ERR_OK;
}

enum err
names_take(
    struct ctx *cx, json_t *v, const char *field, const char *const **out, size_t *n)
{
    const char **names;

    TRY(array_check(&cx->diag, v, field));
    *n = json_array_size(v);
    NEW(cx, names, *n + 1);
    for (size_t i = 0; i < *n; i++)
        TRY(element(&cx->diag, v, i, field, &names[i]));
    *out = names;
    return ERR_OK;
}
