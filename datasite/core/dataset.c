/* dataset.c -- private data as the server knows them: who may see them, and what changes. */
#include "datasite/core/dataset.h"

#include "datasite/core/audit.h"
#include "datasite/core/event.h"
#include "datasite/core/field.h"
#include "datasite/core/forbidden.h"
#include "datasite/core/grant.h"
#include "datasite/core/ledger.h"

#include <stdio.h>
#include <string.h>

/* Integers of a row whose place in struct dataset is a bool, an enum or a time. */
struct dataset_row {
    const char *accounting;
    int64_t published, archived, discoverable;
};

/* The columns of dataset_view, in order. */
#define DATASET_OUT(ds, row)                                                           \
    &(ds)->id, &(ds)->name, &(ds)->owner_id, &(ds)->owner_name, &(ds)->title,          \
        &(ds)->description, &(ds)->schema_json, &(ds)->policy_name,                    \
        &(ds)->policy_json, &(ds)->policy_version, &(row)->accounting,                 \
        &(ds)->epsilon_nano, &(ds)->delta_atto, &(ds)->data_version, &(ds)->data_rows, \
        &(ds)->data_outside, &(ds)->data_sha256, &(ds)->mock_version,                  \
        &(ds)->mock_rows, &(row)->published, &(row)->archived, &(ds)->revision,        \
        &(ds)->created.us, &(ds)->changed.us, &(ds)->reviewers_json,                   \
        &(row)->discoverable

static void
dataset_finish(struct dataset *ds, const struct dataset_row *row)
{
    ds->accounting = strcmp(row->accounting, accounting_name(ACCOUNT_PURE)) == 0
        ? ACCOUNT_PURE
        : ACCOUNT_ZCDP;
    ds->published = row->published != 0;
    ds->archived = row->archived != 0;
    ds->discoverable = row->discoverable != 0;
    if (ds->data_rows == INT64_MIN)
        ds->data_rows = ds->data_outside = -1;
}

static enum err
dataset_load(struct ctx *cx, enum stmt_id id, const char *key, struct dataset *out)
{
    struct dataset_row row;
    enum err err;

    err = db_one(cx->db, &cx->diag, cx->arena, id, key, DATASET_OUT(out, &row));
    if (err == ERR_NOT_FOUND) {
        diag_clear(&cx->diag);
        return FAIL(&cx->diag, ERR_NOT_FOUND, "no such dataset");
    }
    TRY(err);
    dataset_finish(out, &row);
    return ERR_OK;
}

enum err
dataset_by_name(struct ctx *cx, const char *name, struct dataset *out)
{
    return dataset_load(cx, STMT_DATASET_BY_NAME, name, out);
}

enum err
dataset_by_id(struct ctx *cx, const char *id, struct dataset *out)
{
    return dataset_load(cx, STMT_DATASET_BY_ID, id, out);
}

bool
dataset_is_owner(const struct ctx *cx, const struct dataset *ds)
{
    return strcmp(cx->actor.id, ds->owner_id) == 0;
}

bool
dataset_is_insider(const struct ctx *cx, const struct dataset *ds)
{
    return dataset_is_owner(cx, ds) || (cx->actor.roles & (ROLE_ADMIN | ROLE_AUDITOR));
}

enum err
dataset_reviews(struct ctx *cx, const char *id, bool *out)
{
    int64_t one;
    enum err err =
        db_one(cx->db, &cx->diag, cx->arena, STMT_REVIEWER_HAS, id, cx->actor.id, &one);

    *out = err == ERR_OK;
    if (err != ERR_NOT_FOUND)
        return err;
    diag_clear(&cx->diag);
    return ERR_OK;
}

enum err
dataset_ungranted(struct ctx *cx, const struct dataset *ds)
{
    snprintf(cx->diag.extra, sizeof cx->diag.extra,
        "{\"missing_permission\":\"dataset.grant\",\"missing_permissions\":"
        "[\"dataset.grant\"],\"request_access\":\"/api/v1/datasets/%s/"
        "access_requests\"}",
        ds->name);
    return FAIL(&cx->diag, ERR_FORBIDDEN, "you hold no grant for this dataset");
}

/* May every researcher know that it is there? */
static bool
is_discovered(const struct ctx *cx, const struct dataset *ds)
{
    return ds->discoverable && ds->published && !ds->archived &&
        (cx->actor.roles & ROLE_RESEARCHER) != 0;
}

enum err
dataset_visible(struct ctx *cx, const char *name, struct dataset *out)
{
    bool reviews;
    enum err err;

    TRY(dataset_by_name(cx, name, out));
    if (dataset_is_insider(cx, out))
        return ERR_OK;
    TRY(dataset_reviews(cx, out->id, &reviews));
    if (reviews && !out->archived)
        return ERR_OK;
    err = grant_check(cx, out->id, cx->actor.id);
    if (err == ERR_OK && out->published && !out->archived)
        return ERR_OK;
    if (err != ERR_OK && err != ERR_NOT_FOUND)
        return err;
    diag_clear(&cx->diag);
    if (err != ERR_OK && is_discovered(cx, out))
        return dataset_ungranted(cx, out);
    return FAIL(&cx->diag, ERR_NOT_FOUND, "no such dataset");
}

enum err
dataset_known(struct ctx *cx, const char *name, struct dataset *out)
{
    enum err err = dataset_visible(cx, name, out);

    if (err != ERR_FORBIDDEN)
        return err;
    diag_clear(&cx->diag);
    return ERR_OK;
}

enum err
dataset_owned(struct ctx *cx, const char *name, struct dataset *out)
{
    TRY(dataset_known(cx, name, out));
    if (!dataset_is_owner(cx, out)) {
        return forbidden(cx, "dataset.owner", "only its owner may change a dataset");
    }
    if (out->archived)
        return FAIL(&cx->diag, ERR_CONFLICT, "the dataset is archived");
    return ERR_OK;
}

enum err
dataset_list(struct ctx *cx, const char *after, int64_t limit)
{
    bool all = (cx->actor.roles & (ROLE_ADMIN | ROLE_AUDITOR)) != 0;

    return db_each(cx->db, &cx->diag, STMT_DATASET_LIST, cx->actor.id, (int64_t)all,
        after != NULL ? after : "", limit);
}

enum err
dataset_next(struct ctx *cx, struct dataset *out, bool *more)
{
    struct dataset_row row;

    TRY(db_row(
        cx->db, &cx->diag, cx->arena, STMT_DATASET_LIST, more, DATASET_OUT(out, &row)));
    if (*more)
        dataset_finish(out, &row);
    return ERR_OK;
}

enum err
dataset_text(struct ctx *cx, const json_t *v, const char **out)
{
    BUF_SCOPE(text);

    buf_init(&text, BODY_BYTES_MAX);
    TRY(json_canonical(&cx->diag, v, &text));
    *out = arena_strn(cx->arena, text.ptr, text.len);
    if (text.full || *out == NULL)
        return FAIL(&cx->diag, ERR_TOO_LARGE, "the document is too long");
    return ERR_OK;
}

static bool
name_ok(const char *name)
{
    size_t n = strlen(name);

    return n >= 1 && n <= NAME_BYTES_MAX && name[0] >= 'a' && name[0] <= 'z' &&
        strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == n;
}

static enum err
draft_check(struct ctx *cx, const struct dataset_draft *draft)
{
    struct budget limit;

    if (!name_ok(draft->name)) {
        return FAIL_FIELD(&cx->diag, ERR_UNPROCESSABLE, "/name",
            "a name is a small letter, then small letters, digits, _ and -, %d at most",
            NAME_BYTES_MAX);
    }
    TRY(field_line(&cx->diag, "/title", draft->title, TITLE_BYTES_MAX));
    if (draft->description[0] != '\0')
        TRY(field_text(&cx->diag, "/description", draft->description, TEXT_BYTES_MAX));
    if (draft->epsilon_nano <= 0) {
        return FAIL_FIELD(&cx->diag, ERR_UNPROCESSABLE, "/budget/epsilon",
            "epsilon must be more than 0");
    }
    if (draft->delta_atto >= ATTO) {
        return FAIL_FIELD(
            &cx->diag, ERR_UNPROCESSABLE, "/budget/delta", "delta must be less than 1");
    }
    return accountant_limit(&cx->diag,
        draft->delta_atto == 0 ? ACCOUNT_PURE : ACCOUNT_ZCDP, draft->epsilon_nano,
        draft->delta_atto, &limit);
}

static enum err
dataset_insert(struct ctx *cx, const struct dataset_draft *draft, const char *id)
{
    enum accounting acc = draft->delta_atto == 0 ? ACCOUNT_PURE : ACCOUNT_ZCDP;
    const char *policy_name = NULL, *policy_json = NULL, *schema_json_text = NULL;
    struct schema schema;
    json_auto_t *doc = NULL;
    enum err err;

    TRY(schema_parse(&cx->diag, cx->arena, draft->schema, &schema));
    doc = schema_json(&schema);
    if (doc == NULL)
        return FAIL(&cx->diag, ERR_TOO_LARGE, "this needs too much memory");
    TRY(dataset_text(cx, doc, &schema_json_text));
    TRY(dataset_policy_text(cx, draft->policy, &schema, &policy_name, &policy_json));
    err = db_run(cx->db, &cx->diag, NULL, STMT_DATASET_INSERT, id, draft->name,
        cx->actor.id, draft->title, draft->description, schema_json_text,
        accounting_name(acc), policy_name, policy_json, cx->now.us);
    if (err != ERR_CONFLICT)
        return err;
    diag_clear(&cx->diag);
    return FAIL_FIELD(
        &cx->diag, ERR_CONFLICT, "/name", "there is a dataset of this name already");
}

enum err
dataset_create(struct ctx *cx, const struct dataset_draft *draft, struct dataset *out)
{
    char id[ID_BYTES];
    struct dataset fresh;
    TXN_SCOPE(txn);

    TRY(draft_check(cx, draft));
    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(dataset_insert(cx, draft, id_new("dst", id)));
    TRY(dataset_by_id(cx, id, &fresh));
    fresh.epsilon_nano = draft->epsilon_nano;
    fresh.delta_atto = draft->delta_atto;
    TRY(audit_append(cx, "dataset.create", id,
        json_pack("{s:s, s:s}", "name", draft->name, "policy", fresh.policy_name)));
    TRY(ledger_grant(cx, &fresh));
    TRY(dataset_by_id(cx, id, out));
    return txn_commit(&txn, &cx->diag);
}

enum err
dataset_changed(struct ctx *cx, struct dataset *ds, const char *verb, json_t *facts,
    const char *event)
{
    const char *id = ds->id;

    TRY(audit_append(cx, verb, id, facts));
    TRY(event_emit(cx, event, ds->name, id, NULL, verb + strlen("dataset.")));
    return dataset_by_id(cx, id, ds);
}

enum err
dataset_commit(struct ctx *cx, struct txn *txn)
{
    TRY(txn_commit(txn, &cx->diag));
    event_wake();
    return ERR_OK;
}

enum err
dataset_describe(
    struct ctx *cx, struct dataset *ds, const char *title, const char *description)
{
    TXN_SCOPE(txn);

    title = title != NULL ? title : ds->title;
    description = description != NULL ? description : ds->description;
    TRY(field_line(&cx->diag, "/title", title, TITLE_BYTES_MAX));
    if (description[0] != '\0')
        TRY(field_text(&cx->diag, "/description", description, TEXT_BYTES_MAX));
    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(db_run(cx->db, &cx->diag, NULL, STMT_DATASET_DESCRIBE, ds->id, title,
        description, cx->now.us));
    TRY(dataset_changed(cx, ds, "dataset.update", NULL, "dataset.update"));
    return dataset_commit(cx, &txn);
}

enum err
dataset_discover(struct ctx *cx, struct dataset *ds, bool on)
{
    TXN_SCOPE(txn);

    if (ds->discoverable == on)
        return ERR_OK;
    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(db_run(cx->db, &cx->diag, NULL, STMT_DATASET_DISCOVER, ds->id, (int64_t)on,
        cx->now.us));
    TRY(dataset_changed(cx, ds, "dataset.discover",
        json_pack("{s:b}", "discoverable", (int)on), "dataset.update"));
    return dataset_commit(cx, &txn);
}

enum err
dataset_archive(struct ctx *cx, struct dataset *ds)
{
    TXN_SCOPE(txn);

    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(db_run(cx->db, &cx->diag, NULL, STMT_DATASET_ARCHIVE, ds->id, cx->now.us));
    TRY(dataset_changed(cx, ds, "dataset.archive", NULL, "dataset.state"));
    return dataset_commit(cx, &txn);
}

enum err
dataset_open(struct ctx *cx, struct dataset *ds)
{
    const struct {
        const char *name;
        bool missing;
    } needs[] = {{"data", ds->data_version == 0}, {"mock", ds->mock_version == 0},
        {"policy", ds->policy_name[0] == '\0'}, {"budget", ds->epsilon_nano <= 0}};
    char lacks[64] = "";
    TXN_SCOPE(txn);

    for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++) {
        if (needs[i].missing) {
            snprintf(lacks + strlen(lacks), sizeof lacks - strlen(lacks), "%s%s",
                lacks[0] != '\0' ? ", " : "", needs[i].name);
        }
    }
    if (lacks[0] != '\0')
        return FAIL(&cx->diag, ERR_CONFLICT, "before publication it lacks: %s", lacks);
    if (ds->published)
        return ERR_OK;
    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(db_run(
        cx->db, &cx->diag, NULL, STMT_DATASET_PUBLISH, ds->id, INT64_C(1), cx->now.us));
    TRY(dataset_changed(cx, ds, "dataset.publish", NULL, "dataset.state"));
    return dataset_commit(cx, &txn);
}

enum err
dataset_close(struct ctx *cx, struct dataset *ds)
{
    TXN_SCOPE(txn);

    if (!ds->published)
        return ERR_OK;
    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(db_run(
        cx->db, &cx->diag, NULL, STMT_DATASET_PUBLISH, ds->id, INT64_C(0), cx->now.us));
    TRY(dataset_changed(cx, ds, "dataset.unpublish", NULL, "dataset.state"));
    return dataset_commit(cx, &txn);
}

enum err
dataset_schema(struct ctx *cx, const struct dataset *ds, struct schema *out)
{
    json_auto_t *doc = NULL;

    TRY(json_parse(&cx->diag, str_of(ds->schema_json), &doc));
    return schema_parse(&cx->diag, cx->arena, doc, out);
}

enum err
dataset_hold(struct ctx *cx, const struct dataset *ds, int64_t epsilon_nano,
    int64_t delta_atto, struct budget *out)
{
    if (epsilon_nano <= 0 || epsilon_nano > PRICE_NANO_MAX) {
        return FAIL_FIELD(&cx->diag, ERR_UNPROCESSABLE, "/max_budget/epsilon",
            "epsilon must be more than 0 and at most 1000000000");
    }
    if (ds->accounting == ACCOUNT_PURE && delta_atto > 0) {
        return FAIL_FIELD(&cx->diag, ERR_UNPROCESSABLE, "/max_budget/delta",
            "the dataset has a pure budget: leave delta away");
    }
    if (ds->accounting == ACCOUNT_ZCDP &&
        (delta_atto == 0 || delta_atto == 1 || delta_atto >= ATTO)) {
        return FAIL_FIELD(&cx->diag, ERR_UNPROCESSABLE, "/max_budget/delta",
            "delta must be between 0 and 1");
    }
    if (delta_atto < 0 || ds->accounting == ACCOUNT_PURE)
        delta_atto = ds->delta_atto;
    return accountant_limit(&cx->diag, ds->accounting, epsilon_nano, delta_atto, out);
}
