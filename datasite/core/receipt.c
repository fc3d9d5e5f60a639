/* receipt.c -- what a released result was made from, signed. */
#include "datasite/core/receipt.h"

#include "datasite/base/enc.h"
#include "datasite/core/audit.h"
#include "datasite/core/keys.h"
#include "datasite/core/leaves.h"
#include "datasite/core/site.h"
#include "datasite/core/slot.h"
#include "datasite/core/stored.h"

#define SIGNATURE_BYTES 64
#define KEY_BYTES       32

/* Measurements as a receipt names them: texts alone, so that there is one way to write
 * them down. */
static json_t *
measurements_named(const json_t *measurements)
{
    static const char *const members[] = {
        "label", "mechanism", "epsilon", "rho", "delta", "error95"};
    json_t *list = json_array();
    const json_t *m;
    size_t i;

    json_array_foreach(measurements, i, m)
    {
        json_t *one = json_object();
        for (size_t k = 0; k < sizeof members / sizeof members[0]; k++) {
            json_t *v = json_object_get(m, members[k]);
            if (json_is_string(v) || json_is_null(v))
                json_object_set(one, members[k], v);
        }
        json_array_append_new(list, one);
    }
    return list;
}

/* What the job cost in total, from its cap. */
static enum err
totals_add(
    struct ctx *cx, const struct job *j, const struct dataset *ds, json_t *receipt)
{
    struct ledger_party party = job_party(j);
    char epsilon[32], rho[32], delta[32];
    struct budget spent;
    struct cap cap;

    TRY(ledger_cap(cx, CAP_JOB, &party, &cap));
    spent = (struct budget){.eps_nano = cap.spent_nano,
        .rho_nano = cap.spent_nano,
        .delta_atto = cap.spent_atto};
    nano_text(accountant_eps_nano(ds->accounting, spent, ds->delta_atto), epsilon);
    json_object_set_new(receipt, "epsilon", json_string(epsilon));
    json_object_set_new(receipt, "rho",
        ds->accounting == ACCOUNT_ZCDP ? json_string(nano_text(cap.spent_nano, rho))
                                       : json_null());
    json_object_set_new(receipt, "delta",
        json_string(
            ds->accounting == ACCOUNT_ZCDP ? atto_text(ds->delta_atto, delta) : "0"));
    return ERR_OK;
}

/* What its owner kept back of it, and why. */
static enum err
withheld_of(struct ctx *cx, const struct result *r, json_t **out)
{
    if (r->withheld_json != NULL)
        return json_parse(&cx->diag, str_of(r->withheld_json), out);
    *out = json_array();
    return ERR_OK;
}

static enum err
content_make(struct ctx *cx, const struct job *j, const struct result *r, json_t **out)
{
    json_auto_t *measurements = NULL, *withheld = NULL;
    const char *commitment, *runtime;
    struct dataset ds;
    struct policy policy;
    struct digest head;
    int64_t entries;
    bool in_slot;
    char time[32], policy_sha256[65], head_text[65];

    TRY(dataset_by_id(cx, j->dataset_id, &ds));
    TRY(dataset_policy(cx, &ds, &policy));
    TRY(dataset_commitment(cx, ds.id, j->data_version, &commitment));
    TRY(audit_head(cx, &entries, &head));
    TRY(db_one(cx->db, &cx->diag, cx->arena, STMT_RUN_RUNTIME, r->run_id, &runtime));
    TRY(slot_in_use(cx, r->run_id, &in_slot));
    TRY(json_parse(&cx->diag, str_of(r->measurements_json), &measurements));
    TRY(withheld_of(cx, r, &withheld));
    *out =
        json_pack("{s:i, s:s, s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:s, "
                  "s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:O, s:s, s:{s:o, s:s}}",
            "version", 1, "site", cx->site->name, "site_url", cx->site->url, "job",
            j->id, "job_version", (json_int_t)j->version, "run", r->run_id, "title",
            j->title, "project", j->project_id, "purpose", j->purpose, "researcher",
            j->author_id, "dataset", j->dataset_name, "data_version",
            (json_int_t)j->data_version, "data_commitment", commitment, "lane",
            lane_name(j->lane), "policy", policy.name, "policy_sha256",
            digest_text(digest_sha256(str_of(ds.policy_json)), policy_sha256),
            "source_sha256", j->source_sha256, "runtime", runtime, "measurements",
            measurements_named(measurements), "result_sha256", r->sha256, "withheld",
            withheld, "released_at", clock_text(cx->now, time), "audit", "entries",
            in_slot ? json_null() : json_integer(entries), "head",
            digest_text(head, head_text));
    if (*out == NULL)
        return FAIL(&cx->diag, ERR_INTERNAL, "no memory for a receipt");
    return totals_add(cx, j, &ds, *out);
}

static enum err
receipt_message(struct diag *d, const json_t *receipt, struct buf *out)
{
    buf_init(out, RESULT_BYTES_MAX);
    buf_addz(out, RECEIPT_DOMAIN);
    return json_canonical(d, receipt, out);
}

static enum err
receipt_sign(struct ctx *cx, const json_t *receipt, const char **out)
{
    uint8_t signature[SIGNATURE_BYTES];
    char signature_text[2 * SIGNATURE_BYTES], key_text[2 * KEY_BYTES];
    json_auto_t *doc = NULL;
    BUF_SCOPE(message);

    TRY(receipt_message(&cx->diag, receipt, &message));
    keys_sign(cx->site->keys, buf_str(&message), signature);
    doc = json_pack("{s:O, s:s, s:s, s:o}", "receipt", receipt, "signature",
        base64url_text(signature, sizeof signature, signature_text), "key",
        base64url_text(keys_public(cx->site->keys), KEY_BYTES, key_text), "digests",
        leaves_digests(receipt));
    return stored_text(cx, doc, out);
}

enum err
receipt_make(
    struct ctx *cx, const struct job *j, const struct result *r, const char **out)
{
    json_auto_t *receipt = NULL;

    TRY(content_make(cx, j, r, &receipt));
    return receipt_sign(cx, receipt, out);
}

bool
receipt_verify(struct diag *d, const json_t *signed_receipt, const uint8_t key[32])
{
    const json_t *receipt = json_object_get(signed_receipt, "receipt");
    const char *text = json_string_value(json_object_get(signed_receipt, "signature"));
    uint8_t signature[SIGNATURE_BYTES];
    size_t n = 0;
    BUF_SCOPE(message);

    if (!json_is_object(receipt) || text == NULL ||
        !base64url_parse(str_of(text), signature, sizeof signature, &n) ||
        n != sizeof signature)
        return false;
    return receipt_message(d, receipt, &message) == ERR_OK &&
        keys_verify(key, buf_str(&message), signature);
}
