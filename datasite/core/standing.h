/* standing.h -- approved work lives no longer than what it stands on: the author's
 * grant and account, and the dataset.
 *
 * Each of these ends, in one transaction with the act, what is approved, queued or
 * running: the job becomes cancelled, what it holds returns, the reason is audited.
 * Runs in flight are told afterwards; what they would charge meanwhile is refused. */
#ifndef DATASITE_CORE_STANDING_H
#define DATASITE_CORE_STANDING_H

#include "datasite/core/job.h"
#include "datasite/core/user.h"

enum err standing_grant_delete(
    struct ctx *cx, const struct dataset *ds, const char *user_id) NODISCARD;
enum err standing_archive(struct ctx *cx, struct dataset *ds) NODISCARD;
enum err standing_user_update(struct ctx *cx, const char *id,
    const struct user_change *change, struct user *out) NODISCARD;
/* Ends one job in the server's name. Inside a transaction. */
enum err standing_stop(struct ctx *cx, struct job *j, const char *why) NODISCARD;

#endif
