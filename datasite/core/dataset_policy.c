/* dataset_policy.c -- the policy in force for a dataset. */
#include "datasite/core/dataset.h"

#include <string.h>

/* A column that is named in vain would protect nothing. */
static enum err
policy_columns_check(
    struct ctx *cx, const struct policy *policy, const struct schema *schema)
{
    for (size_t i = 0; i < policy->input.columns_n; i++) {
        size_t c = 0;

        while (c < schema->columns_n &&
            strcmp(schema->columns[c].name, policy->input.columns[i]) != 0)
            c++;
        if (c == schema->columns_n) {
            return FAIL_FIELD(&cx->diag, ERR_UNPROCESSABLE, "/input/columns",
                "the dataset has no column %s", policy->input.columns[i]);
        }
    }
    return ERR_OK;
}

/* A name of a pack, or a document; *doc owned by the caller. */
static enum err
policy_document(struct ctx *cx, json_t *choice, json_t **doc)
{
    enum err err;

    if (!json_is_string(choice)) {
        *doc = json_incref(choice);
        return ERR_OK;
    }
    err = policy_pack(&cx->diag, str_of(json_string_value(choice)), doc);
    if (err != ERR_NOT_FOUND)
        return err;
    diag_clear(&cx->diag);
    return FAIL_FIELD(
        &cx->diag, ERR_UNPROCESSABLE, "/policy", "there is no such policy pack");
}

enum err
dataset_policy_text(struct ctx *cx, json_t *choice, const struct schema *schema,
    const char **name, const char **text)
{
    json_auto_t *doc = NULL;
    struct policy policy;

    TRY(policy_document(cx, choice, &doc));
    TRY(policy_parse(&cx->diag, cx->arena, doc, &policy));
    TRY(policy_columns_check(cx, &policy, schema));
    *name = arena_strf(cx->arena, "%s", policy.name);
    if (*name == NULL)
        return FAIL(&cx->diag, ERR_TOO_LARGE, "this needs too much memory");
    return dataset_text(cx, doc, text);
}

enum err
dataset_policy_read(
    struct ctx *cx, const struct dataset *ds, json_t *choice, struct policy *out)
{
    json_auto_t *doc = NULL;
    struct schema schema;

    TRY(dataset_schema(cx, ds, &schema));
    TRY(policy_document(cx, choice, &doc));
    TRY(policy_parse(&cx->diag, cx->arena, doc, out));
    return policy_columns_check(cx, out, &schema);
}

enum err
dataset_policy_set(struct ctx *cx, struct dataset *ds, json_t *policy)
{
    const char *name = NULL, *text = NULL;
    struct schema schema;
    TXN_SCOPE(txn);

    TRY(dataset_schema(cx, ds, &schema));
    TRY(dataset_policy_text(cx, policy, &schema, &name, &text));
    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(db_run(cx->db, &cx->diag, NULL, STMT_DATASET_POLICY_SET, ds->id, name, text,
        cx->now.us));
    TRY(dataset_changed(cx, ds, "dataset.policy",
        json_pack("{s:s, s:I}", "policy", name, "version",
            (json_int_t)(ds->policy_version + 1)),
        "dataset.policy"));
    return dataset_commit(cx, &txn);
}

enum err
dataset_policy(struct ctx *cx, const struct dataset *ds, struct policy *out)
{
    json_auto_t *doc = NULL;

    TRY(json_parse(&cx->diag, str_of(ds->policy_json), &doc));
    return policy_parse(&cx->diag, cx->arena, doc, out);
}
