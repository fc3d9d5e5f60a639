/* review.h -- a human decision about one version of a job, bound to what was shown. */
#ifndef DATASITE_CORE_REVIEW_H
#define DATASITE_CORE_REVIEW_H

#include "datasite/core/job.h"

enum decision {
    DECISION_APPROVE,
    DECISION_REQUEST_CHANGES,
    DECISION_REJECT
};
bool decision_parse(struct str s, enum decision *out);

struct review_draft {
    int64_t version;
    const char *source_sha256;
    enum decision decision;
    const char *comment; /* required except to approve */
    json_t *checklist;   /* borrowed, may be NULL */
};
struct review {
    const char *id, *reviewer_id, *reviewer_name, *decision, *comment, *checklist_json,
        *source_sha256;
    int64_t version;
    struct unixus time;
};

/* ERR_STALE: version or hash is not the current one. ERR_FORBIDDEN: the author's own.
 * An approval reserves the job's hold and binds code, data, policy and runtime. */
enum err review_decide(struct ctx *cx, struct job *j, const struct review_draft *draft,
    struct review *out) NODISCARD;
enum err review_list(
    struct ctx *cx, const char *job_id, const char *after, int64_t limit) NODISCARD;
enum err review_next(struct ctx *cx, struct review *r, bool *more) NODISCARD;
/* ERR_STALE: code, data, policy or runtime are not those of the approval. */
enum err review_binds(struct ctx *cx, const struct job *j) NODISCARD;

#endif
