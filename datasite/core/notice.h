/* notice.h -- what people are told: an event with its study, who did it and why. The act
 * behind it stands in the audit log; an event without one is nobody's notice. Never a
 * private value. */
#ifndef DATASITE_CORE_NOTICE_H
#define DATASITE_CORE_NOTICE_H

#include "datasite/core/ctx.h"

struct notice {
    int64_t seq; /* of the event */
    const char *time, *kind, *subject, *state;
    const char *dataset;            /* name; or NULL */
    const char *project, *job;      /* titles; or NULL */
    const char *person_id, *person; /* NULL: the site itself */
    const char *reason;             /* as the person gave it; "" for none */
    bool seen;
};

/* For the actor: what concerns it, and not its own acts; newest first, those before
 * `before` (0: from the newest). */
enum err notice_list(struct ctx *cx, int64_t before, int64_t limit, struct notice **out,
    size_t *n) NODISCARD;
/* Everything up to this event was looked at. */
enum err notice_see(struct ctx *cx, int64_t seq) NODISCARD;

/* The first after an event that the actor is to be told of. all: as an administrator sees
 * events, and its own acts too. *found false: there is none yet. */
enum err notice_next(
    struct ctx *cx, int64_t after, bool all, struct notice *out, bool *found) NODISCARD;

/* Where its page is: "/jobs/job_…", below the site's URL. */
const char *notice_path(struct arena *a, const struct notice *n);

#endif
