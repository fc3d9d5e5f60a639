/* dataset.h -- private data as the server knows them: what the owner declares, which
 * version is in force, the mock, the policy. Never a row. */
#ifndef DATASITE_CORE_DATASET_H
#define DATASITE_CORE_DATASET_H

#include "datasite/core/ctx.h"
#include "policies/accountant.h"
#include "policies/policy.h"
#include "policies/schema.h"
#include "sandbox/table/csv.h"

struct dataset {
    const char *id, *name, *owner_id, *owner_name, *title, *description;
    const char *schema_json; /* canonical {"unit":…,"columns":[…]} */
    const char *policy_name, *policy_json;
    int64_t policy_version;
    enum accounting accounting;
    int64_t epsilon_nano, delta_atto; /* the budget as the owner declared it */
    int64_t data_version;             /* 0: no data yet */
    int64_t data_rows, data_outside;  /* the owner's to know; -1 without data */
    const char *data_sha256;          /* the owner's to know; NULL without data */
    int64_t mock_version, mock_rows;  /* 0: no mock yet */
    bool published, archived;
    bool discoverable; /* while published, researchers without a grant may know of it */
    int64_t revision;  /* grows with every change: the ETag */
    struct unixus created, changed;
    const char *reviewers_json; /* [{"id","name"}] of those beside the owner */
};

struct dataset_draft {
    const char *name, *title, *description;
    json_t *schema; /* {"unit":…,"columns":[…]}, borrowed */
    int64_t epsilon_nano, delta_atto;
    json_t *policy; /* a pack's name or a document, borrowed */
};

/* Plain look-up, for the server's own use: says nothing about who may see it. */
enum err dataset_by_name(
    struct ctx *cx, const char *name, struct dataset *out) NODISCARD;
enum err dataset_by_id(struct ctx *cx, const char *id, struct dataset *out) NODISCARD;
/* The same as the caller may: ERR_NOT_FOUND unless it is the owner, an admin or an
 * auditor, one of its reviewers, or a researcher with a grant on a published dataset; a
 * researcher without one who may know of it is told ERR_FORBIDDEN, and where to ask. */
enum err dataset_visible(
    struct ctx *cx, const char *name, struct dataset *out) NODISCARD;
/* The same, for one who may but know of it too. */
enum err dataset_known(struct ctx *cx, const char *name, struct dataset *out) NODISCARD;
/* ERR_FORBIDDEN for want of a grant, with the address where one is asked for. */
enum err dataset_ungranted(struct ctx *cx, const struct dataset *ds) NODISCARD;
/* For changes: its owner alone. One who may see it is told ERR_FORBIDDEN. */
enum err dataset_owned(struct ctx *cx, const char *name, struct dataset *out) NODISCARD;
bool dataset_is_owner(const struct ctx *cx, const struct dataset *ds);
/* Is the caller one of those who review beside the owner? */
enum err dataset_reviews(struct ctx *cx, const char *id, bool *out) NODISCARD;
/* Owner, admin or auditor: may know what the data are like, not only what is
 * declared. */
bool dataset_is_insider(const struct ctx *cx, const struct dataset *ds);

/* Those the caller may see, by name, after `after`. Ends with *more false. */
enum err dataset_list(struct ctx *cx, const char *after, int64_t limit) NODISCARD;
enum err dataset_next(struct ctx *cx, struct dataset *out, bool *more) NODISCARD;

enum err dataset_create(
    struct ctx *cx, const struct dataset_draft *draft, struct dataset *out) NODISCARD;
/* NULL members stay as they are. */
enum err dataset_describe(struct ctx *cx, struct dataset *ds, const char *title,
    const char *description) NODISCARD;
/* May researchers without a grant know of it while it is published? */
enum err dataset_discover(struct ctx *cx, struct dataset *ds, bool on) NODISCARD;
enum err dataset_archive(struct ctx *cx, struct dataset *ds) NODISCARD;
/* ERR_CONFLICT names what is missing of data, mock, policy and budget. */
enum err dataset_open(struct ctx *cx, struct dataset *ds) NODISCARD;
enum err dataset_close(struct ctx *cx, struct dataset *ds) NODISCARD;
/* What every change ends with, inside a transaction: its audit entry, its event, the new
 * state. verb begins with "dataset."; facts is consumed, may be NULL. */
enum err dataset_changed(struct ctx *cx, struct dataset *ds, const char *verb,
    json_t *facts, const char *event) NODISCARD;
enum err dataset_commit(struct ctx *cx, struct txn *txn) NODISCARD;
/* A document as it is stored: canonical JSON, in arena memory. */
enum err dataset_text(struct ctx *cx, const json_t *v, const char **out) NODISCARD;
/* A choice of a policy (the name of a pack, or a document), checked: name and text. */
enum err dataset_policy_text(struct ctx *cx, json_t *choice,
    const struct schema *schema, const char **name, const char **text) NODISCARD;
/* The policy that a choice would put in force, checked as if it did. */
enum err dataset_policy_read(struct ctx *cx, const struct dataset *ds, json_t *choice,
    struct policy *out) NODISCARD;
enum err dataset_policy_set(
    struct ctx *cx, struct dataset *ds, json_t *policy) NODISCARD;

/* Upload in two steps: a number is given out, the runner loads under it, then it comes
 * into force. One that never does is forgotten at the next start. */
enum err dataset_data_begin(
    struct ctx *cx, struct dataset *ds, int64_t *version) NODISCARD;
enum err dataset_data_commit(struct ctx *cx, struct dataset *ds, int64_t version,
    const struct csv_report *report) NODISCARD;
enum err dataset_data_abandon(
    struct ctx *cx, struct dataset *ds, int64_t version) NODISCARD;
/* A hiding commitment to the bytes of a version: SHA-256 of a secret salt and the
 * file's SHA-256. Researchers see this, never the digest itself, which would let one
 * who knows every row but one try out the last. */
enum err dataset_commitment(
    struct ctx *cx, const char *id, int64_t version, const char **out) NODISCARD;

/* csv must have passed table_from_csv against the schema: see mock_check in check.h. */
enum err dataset_mock_set(struct ctx *cx, struct dataset *ds, struct str csv,
    int64_t rows, const char *origin) NODISCARD;
enum err dataset_mock(
    struct ctx *cx, const struct dataset *ds, struct str *csv) NODISCARD;

enum err dataset_schema(
    struct ctx *cx, const struct dataset *ds, struct schema *out) NODISCARD;
enum err dataset_policy(
    struct ctx *cx, const struct dataset *ds, struct policy *out) NODISCARD;
/* A request's max_budget as what an approval would hold of this dataset at least. delta
 * -1: the dataset's. ERR_UNPROCESSABLE at /max_budget/… when it cannot be one. */
enum err dataset_hold(struct ctx *cx, const struct dataset *ds, int64_t epsilon_nano,
    int64_t delta_atto, struct budget *out) NODISCARD;

#endif
