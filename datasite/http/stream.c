/* stream.c -- event streams, between the watch, the crew and the connection. */
#include "datasite/http/stream.h"

#include "datasite/base/check.h"
#include "datasite/core/event.h"

#include <string.h>

#define STREAM_BYTES_MAX (1 << 20) /* that a slow client may be behind */
#define QUIET_S          15
#define SECOND_US        INT64_C(1000000)

static void step(void *arg);

/* Precondition: the lock is held. */
static void
end(struct stream *s)
{
    s->is_over = true;
    if (!s->is_cut)
        s->resume(s->arg);
}

static void
wake(void *arg)
{
    struct stream *s = arg;

    if (crew_do(s->crew, &s->task))
        return;
    pthread_mutex_lock(&s->lock);
    end(s);
    pthread_mutex_unlock(&s->lock);
    s->done(s->arg);
}

void
stream_begin(struct stream *s)
{
    CHECK(pthread_mutex_init(&s->lock, NULL) == 0);
    s->task = (struct task){.run = step, .arg = s};
    /* A deadline that is past: the first sign of life comes at once. */
    s->waiter = (struct waiter){.wake = wake, .arg = s};
    s->until = (struct monous){clock_mono().us + STREAM_LIFE_S * SECOND_US};
    buf_init(&s->pending, STREAM_BYTES_MAX);
    wake(s);
}

/* A context of its own for each look: what the last one used is freed. */
static enum err
look(struct stream *s, struct buf *more)
{
    struct exchange *x = s->x;
    struct ctx cx = {.site = x->site, .actor = x->cx.actor, .now = clock_wall()};
    enum err code;
    ARENA_SCOPE(arena, REQUEST_ARENA_BYTES);

    if (arena == NULL)
        return ERR_INTERNAL;
    cx.arena = arena;
    memcpy(cx.request_id, x->cx.request_id, sizeof cx.request_id);
    cx.db = db_take(x->site->db, DB_RO);
    code = x->rp.stream_next(&cx, x->rp.stream_state, more);
    db_give(x->site->db, cx.db);
    return code;
}

/* Takes over what a look found; whether the stream goes on. */
static bool
deliver(struct stream *s, const struct buf *more, enum err code)
{
    bool goes_on;

    pthread_mutex_lock(&s->lock);
    buf_add(&s->pending, more->ptr, more->len);
    if (code != ERR_OK || more->full || s->pending.full ||
        clock_mono().us >= s->until.us) {
        end(s);
    } else if (s->pending.len > s->sent && !s->is_cut) {
        s->resume(s->arg);
    }
    goes_on = !s->is_over && !s->is_cut;
    pthread_mutex_unlock(&s->lock);
    return goes_on;
}

static void
step(void *arg)
{
    struct stream *s = arg;
    bool was_quiet = clock_mono().us >= s->waiter.deadline.us;
    enum err code;
    BUF_SCOPE(more);

    buf_init(&more, STREAM_BYTES_MAX);
    s->waiter.seen = event_seen();
    code = look(s, &more);
    if (more.len == 0 && was_quiet)
        buf_addz(&more, ": still here\n\n");
    if (more.len > 0) /* a commit that this reader sees nothing of moves nothing */
        s->waiter.deadline = (struct monous){clock_mono().us + QUIET_S * SECOND_US};
    if (deliver(s, &more, code)) {
        watch_add(s->watch, &s->waiter);
    } else {
        s->done(s->arg);
    }
}

ssize_t
stream_give(struct stream *s, char *to, size_t max)
{
    size_t n;
    bool is_over;

    pthread_mutex_lock(&s->lock);
    n = s->pending.len - s->sent;
    n = n < max ? n : max;
    if (n > 0)
        memcpy(to, s->pending.ptr + s->sent, n);
    s->sent += n;
    if (s->sent == s->pending.len)
        s->sent = s->pending.len = 0;
    is_over = s->is_over;
    if (n == 0 && !is_over)
        s->suspend(s->arg);
    pthread_mutex_unlock(&s->lock);
    return n == 0 && is_over ? -1 : (ssize_t)n;
}

void
stream_cut(struct stream *s)
{
    pthread_mutex_lock(&s->lock);
    s->is_cut = true;
    pthread_mutex_unlock(&s->lock);
    if (watch_remove(s->watch, &s->waiter))
        s->done(s->arg);
}

void
stream_release(struct stream *s)
{
    buf_release(&s->pending);
    pthread_mutex_destroy(&s->lock);
}
