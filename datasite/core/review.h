/* review.h -- a human decision about one version of a job, bound to what was shown. */
#ifndef DATASITE_CORE_REVIEW_H
#define DATASITE_CORE_REVIEW_H

#include "datasite/core/job.h"

/* A round of votes begins each time a job comes into review. It ends with the k-th
 * vote, k being the policy's approvals, and the strictest vote decides: one to reject
 * rejects, else one to request changes returns the job, else it is approved. A vote
 * counts for the version, source, data, policy and runtime that it was cast on, once
 * for each reviewer. Until the round ends a vote is shown to those who voted in it.
 *
 * To abstain is to decide without a vote: it is none of the k, so it neither ends a
 * round nor passes a job, and it is as final as a vote, because who abstained has seen
 * the others'. */

enum decision {
    DECISION_APPROVE,
    DECISION_REQUEST_CHANGES,
    DECISION_REJECT,
    DECISION_ABSTAIN
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
    const char *template_id; /* that cast it for the reviewer, or NULL */
    int64_t version;
    struct unixus time;
};

/* Casts a vote, and ends the round where it is the k-th; or abstains. ERR_STALE: version
 * or hash is not the current one. ERR_FORBIDDEN: the author's own. ERR_CONFLICT: decided
 * already, or the author may no longer use the dataset. An approval reserves the job's
 * hold. */
enum err review_decide(struct ctx *cx, struct job *j, const struct review_draft *draft,
    struct review *out) NODISCARD;
/* Casts the votes that signatures stand for, and approves: voters are as many as the
 * policy asks for. ERR_BUDGET, ERR_FROZEN: the budget cannot hold the job, and nothing
 * was written. Inside a transaction. */
enum err review_by_template(struct ctx *cx, struct job *j, const char *template_id,
    const char *const *voters, size_t voters_n) NODISCARD;
enum err review_list(
    struct ctx *cx, const char *job_id, const char *after, int64_t limit) NODISCARD;
enum err review_next(struct ctx *cx, struct review *r, bool *more) NODISCARD;
/* May the caller see what reviewers say in the round at hand? Those who voted in it
 * may, and everybody once it has ended. */
enum err review_open(struct ctx *cx, const struct job *j, bool *out) NODISCARD;
/* ERR_STALE: code, data, policy or runtime are not those of the approval, or fewer
 * than the policy asks for approved them. */
enum err review_binds(struct ctx *cx, const struct job *j) NODISCARD;
/* ERR_CONFLICT: the approval that the job waits with is older than the policy's
 * approval_days. */
enum err review_lasts(struct ctx *cx, const struct job *j) NODISCARD;

/* How far the reviewers are, in words for the caller: "1 of 2 approvals". */
struct review_progress {
    bool shown; /* there is something to say */
    bool met;
    const char *code; /* "approvals.open", "approvals.blind", "approvals.closed" */
    char detail[240];
    int64_t have, needed, voters; /* voters: who may, while the round lasts */
    int64_t reach; /* votes that can still be had in all, while the round lasts */
    int64_t request_changes, reject, abstain;
};
enum err review_progress(
    struct ctx *cx, const struct job *j, struct review_progress *out) NODISCARD;

#endif
