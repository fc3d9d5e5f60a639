/* template.h -- sources with holes that reviewers sign beforehand.
 *
 * A signature is a vote cast in advance. A job that fills a template within its bounds
 * and asks for no more than its price gets the votes of those who signed, cast by the
 * server and recorded as such; where they are as many as the policy asks for, it is
 * approved without a person looking. A template counts under the policy that it was made
 * under, and only where that policy allows templates. */
#ifndef DATASITE_CORE_TEMPLATE_H
#define DATASITE_CORE_TEMPLATE_H

#include "datasite/core/review.h"
#include "policies/pattern.h"

struct template
{
    const char *id, *name, *lane, *source, *source_sha256, *parameters_json, *maker_id;
    int64_t max_epsilon_nano, policy_version;
    struct unixus made, ended;   /* ended INT64_MIN: it counts */
    const char *signatures_json; /* [{"id","name"}] */
};
struct template_draft {
    const char *name, *lane;
    struct str source;
    json_t *parameters; /* borrowed */
    int64_t max_epsilon_nano;
};

/* Makes and signs; by one who reviews the dataset. ERR_CONFLICT: its policy allows no
 * templates. */
enum err template_create(struct ctx *cx, const struct dataset *ds,
    const struct template_draft *draft, struct template *out) NODISCARD;
enum err template_list(struct ctx *cx, const struct dataset *ds, const char *after,
    int64_t limit) NODISCARD;
enum err template_next(struct ctx *cx, struct template *out, bool *more) NODISCARD;
/* ERR_CONFLICT: it ended, or the policy changed since it was made. */
enum err template_sign(struct ctx *cx, const struct dataset *ds, const char *id,
    struct template *out) NODISCARD;
/* By any who reviews: one doubt is enough. */
enum err template_end(
    struct ctx *cx, const struct dataset *ds, const char *id) NODISCARD;

/* Approves a job that came into review and fills a template with signatures enough.
 * ERR_OK whether it did or not. Acts for the server, inside a transaction. */
enum err template_try(struct ctx *cx, struct job *j) NODISCARD;

#endif
