/* run_end.h -- how a run ends: shown at once, or at the end of its time slot. */
#ifndef DATASITE_CORE_RUN_END_H
#define DATASITE_CORE_RUN_END_H

#include "datasite/core/run.h"
#include "policies/policy.h"

/* A run as it was begun. */
struct run_row {
    int64_t version, data_version, attempts;
    struct unixus started;
    int64_t slot_us; /* 0: its end is shown when it comes */
};

enum err run_load(struct ctx *cx, const char *run_id, struct run_row *out) NODISCARD;
/* The policy in force. */
enum err run_policy(struct ctx *cx, const struct job *j, struct policy *out) NODISCARD;
/* A failure as it is stored: with the log, for the owner. In arena memory. */
enum err run_failure_text(
    struct ctx *cx, const struct outcome *o, const char **out) NODISCARD;
/* The end of the run of a running job; what comes of it is shown now, or when its slot is
 * over. failure NULL: the result is stored. automatic: the policy that the run began under
 * releases it without a human. Inside a transaction. */
enum err run_close(struct ctx *cx, struct job *j, const struct run_row *row,
    const char *failure, bool automatic) NODISCARD;

#endif
