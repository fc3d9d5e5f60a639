/* event.h -- the outbox: what changed, for GET /events and long polls. */
#ifndef DATASITE_CORE_EVENT_H
#define DATASITE_CORE_EVENT_H

#include "datasite/core/ctx.h"

/* kind: "job.state", "dataset.version" …; visible to the named user ids, to owners of the
 * dataset and to admins as `audience` says. Inside a transaction of cx->db. */
enum err event_emit(struct ctx *cx, const char *kind, const char *subject,
    const char *dataset_id, const char *user_id, const char *state) NODISCARD;
/* Wakes waiters after a commit; sleeps until something was committed or the deadline. The
 * counter only grows; event_wait returns at once when it differs from seen. */
uint64_t event_seen(void);
void event_wake(void);
void event_wait(uint64_t seen, struct monous deadline);

struct event {
    int64_t seq;
    const char *time, *kind, *subject, *state; /* arena memory; state "" for none */
};
/* What the actor may see after a sequence number, oldest first: what names it, what is about
 * a dataset it owns, and everything for an admin. *latest is the newest sequence number that
 * was looked at, seen or not: ask again from there. */
enum err event_since(struct ctx *cx, int64_t after, int64_t limit, struct event **out,
    size_t *n, int64_t *latest) NODISCARD;
enum err event_latest(struct ctx *cx, int64_t *seq) NODISCARD; /* 0: none yet */
json_t *event_json(const struct event *e); /* owned by the caller; NULL: no memory */
/* "id: 7\nevent: job.state\ndata: {…}\n\n", the form of text/event-stream. */
enum err event_text(struct diag *d, const struct event *e, struct buf *out) NODISCARD;

#endif
