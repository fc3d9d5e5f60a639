/* preview.h -- policies over time: those that were in force, and what one would have
 * decided on the jobs and releases of a dataset. Changes nothing. */
#ifndef DATASITE_CORE_PREVIEW_H
#define DATASITE_CORE_PREVIEW_H

#include "datasite/core/dataset.h"

/* choice: a pack's name or a document, as for dataset_policy_set. {"policy", "words",
 * "jobs":{"total","blocked","items":[{"job","outcome","reasons":[{"rule","text"}]}]},
 * "releases":{"total","blocked","held","items"}, "reopened":[job id]}. *out owned by the
 * caller. Precondition: the caller owns the dataset. */
enum err preview_policy(
    struct ctx *cx, const struct dataset *ds, json_t *choice, json_t **out) NODISCARD;

/* Every policy that was in force, oldest first, after a version. */
struct policy_past {
    int64_t version;
    const char *name, *policy_json;
    struct unixus since;
};
enum err policy_past_list(
    struct ctx *cx, const struct dataset *ds, int64_t after, int64_t limit) NODISCARD;
enum err policy_past_next(
    struct ctx *cx, struct policy_past *out, bool *more) NODISCARD;

#endif
