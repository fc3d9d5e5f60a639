/* event.c -- the outbox: rows written with the act they tell of, and the bell that is rung
 * once they are committed. */
#include "datasite/core/event.h"

#include "datasite/base/check.h"

#include <pthread.h>
#include <time.h>

#define KEPT        INT64_C(100000)
#define PRUNE_EVERY 1024

/* The bell of this process: a count of commits, and those who wait for the next. */
struct bell {
    pthread_mutex_t lock;
    pthread_cond_t rung;
    pthread_once_t once;
    uint64_t commits;
};
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
static struct bell bell = {
    .lock = PTHREAD_MUTEX_INITIALIZER, .once = PTHREAD_ONCE_INIT};

/* Deadlines are monotonic: a clock that is set must wake nobody. */
static void
bell_init(void)
{
    pthread_condattr_t attr;

    CHECK(pthread_condattr_init(&attr) == 0);
    CHECK(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0);
    CHECK(pthread_cond_init(&bell.rung, &attr) == 0);
    pthread_condattr_destroy(&attr);
}

uint64_t
event_seen(void)
{
    uint64_t commits;

    pthread_mutex_lock(&bell.lock);
    commits = bell.commits;
    pthread_mutex_unlock(&bell.lock);
    return commits;
}

void
event_wake(void)
{
    pthread_once(&bell.once, bell_init);
    pthread_mutex_lock(&bell.lock);
    bell.commits++;
    pthread_cond_broadcast(&bell.rung);
    pthread_mutex_unlock(&bell.lock);
}

void
event_wait(uint64_t seen, struct monous deadline)
{
    struct timespec until = {
        .tv_sec = deadline.us / 1000000, .tv_nsec = deadline.us % 1000000 * 1000};
    int rc = 0;

    pthread_once(&bell.once, bell_init);
    pthread_mutex_lock(&bell.lock);
    while (bell.commits == seen && rc == 0)
        rc = pthread_cond_timedwait(&bell.rung, &bell.lock, &until);
    pthread_mutex_unlock(&bell.lock);
}

enum err
event_emit(struct ctx *cx, const char *kind, const char *subject,
    const char *dataset_id, const char *user_id, const char *state)
{
    char now[32];
    int64_t seq;

    TRY(db_one(cx->db, &cx->diag, cx->arena, STMT_EVENT_INSERT,
        clock_text(cx->now, now), kind, subject, dataset_id, user_id,
        state != NULL ? state : "", &seq));
    if (seq % PRUNE_EVERY != 0)
        return ERR_OK;
    return db_run(cx->db, &cx->diag, NULL, STMT_EVENT_PRUNE, seq - KEPT);
}

enum err
event_latest(struct ctx *cx, int64_t *seq)
{
    return db_one(cx->db, &cx->diag, cx->arena, STMT_EVENT_LATEST, seq);
}

enum err
event_since(struct ctx *cx, int64_t after, int64_t limit, struct event **out, size_t *n,
    int64_t *latest)
{
    int64_t sees_all = (cx->actor.roles & ROLE_ADMIN) != 0;
    bool more;

    *n = 0;
    NEW(cx, *out, (size_t)limit);
    TRY(event_latest(
        cx, latest)); /* first: rows that come meanwhile are asked for again */
    TRY(db_each(
        cx->db, &cx->diag, STMT_EVENT_SINCE, after, cx->actor.id, sees_all, limit));
    for (;;) {
        struct event e = {0};

        TRY(db_row(cx->db, &cx->diag, cx->arena, STMT_EVENT_SINCE, &more, &e.seq,
            &e.time, &e.kind, &e.subject, &e.state));
        if (!more)
            break;
        CHECK(*n < (size_t)limit);
        (*out)[(*n)++] = e;
    }
    if (*n > 0 && (*n == (size_t)limit || (*out)[*n - 1].seq > *latest))
        *latest = (*out)[*n - 1].seq;
    return ERR_OK;
}

json_t *
event_json(const struct event *e)
{
    return json_pack("{s:I, s:s, s:s, s:s, s:s}", "seq", (json_int_t)e->seq, "time",
        e->time, "kind", e->kind, "subject", e->subject, "state", e->state);
}

enum err
event_text(struct diag *d, const struct event *e, struct buf *out)
{
    json_auto_t *doc = event_json(e);

    if (doc == NULL)
        return FAIL(d, ERR_INTERNAL, "an event is not text");
    buf_addf(out, "id: %lld\nevent: %s\ndata: ", (long long)e->seq, e->kind);
    TRY(json_text(d, doc, out));
    buf_addz(out, "\n\n");
    return ERR_OK;
}
