/* wire_job.h -- datasets, jobs and results as JSON, both ways: the one place
 * with their wire names. */
#ifndef DATASITE_API_WIRE_JOB_H
#define DATASITE_API_WIRE_JOB_H

#include "datasite/core/budget.h"
#include "datasite/core/check.h"
#include "datasite/core/comment.h"
#include "datasite/core/release.h"
#include "datasite/core/review.h"
#include "datasite/core/template.h"

/* Each is owned by the caller; NULL: no memory. */
json_t *dataset_to_json(const struct ctx *cx, const struct dataset *ds);
json_t *policy_to_json(const struct dataset *ds, const struct policy *policy);
/* May read the database: the author of a failed job sees of it what the mock showed. */
enum err job_to_json(struct ctx *cx, const struct job *j, json_t **out) NODISCARD;
json_t *job_version_to_json(const struct job_version *v);
json_t *review_to_json(const struct review *r);
json_t *comment_to_json(const struct comment *c);
json_t *template_to_json(const struct template *t);
json_t *places_to_json(const struct csv_report *report); /* {"errors":[…]} */
json_t *time_to_json(struct unixus t);
json_t *text_or_null(const char *text); /* "" as null */
/* A stored document; JSON null for NULL. */
json_t *stored_to_json(const char *text);

/* Readers: NULL text leaves *out. field: a JSON Pointer. */
enum err nano_take(
    struct diag *d, const char *field, const char *text, int64_t *out) NODISCARD;
enum err atto_take(
    struct diag *d, const char *field, const char *text, int64_t *out) NODISCARD;
enum err dataset_draft_take(
    struct ctx *cx, json_t *body, struct dataset_draft *out) NODISCARD;
/* Strict: all members of a new job. Else: those of a new version. */
enum err job_draft_take(
    struct diag *d, json_t *body, bool strict, struct job_draft *out) NODISCARD;

#endif
