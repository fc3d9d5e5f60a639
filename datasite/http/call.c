/* call.c -- a request on its way between the HTTP thread and those who work on it. */
#include "datasite/http/call.h"

#include "datasite/base/check.h"
#include "datasite/http/upload.h"

#include <stdlib.h>

#define SECOND_US INT64_C(1000000)

/* ---- calls and who holds them ---- */

struct call *
call_new(struct works *w, void *connection)
{
    struct call *call = calloc(1, sizeof *call);

    if (call == NULL)
        return NULL;
    if (!exchange_init(&call->x, &w->service)) {
        exchange_release(&call->x);
        free(call);
        return NULL;
    }
    CHECK(pthread_mutex_init(&call->lock, NULL) == 0);
    call->works = w;
    atomic_fetch_add(&w->open, 1);
    call->connection = connection;
    call->refs = 1;
    call->task.arg = call;
    call->waiter.arg = call;
    return call;
}

static void
call_take(struct call *call)
{
    pthread_mutex_lock(&call->lock);
    call->refs++;
    pthread_mutex_unlock(&call->lock);
}

static void
call_drop(struct call *call)
{
    int left;

    pthread_mutex_lock(&call->lock);
    left = --call->refs;
    pthread_mutex_unlock(&call->lock);
    if (left > 0)
        return;
    upload_free(call->x.upload);
    if (call->has_stream)
        stream_release(&call->stream);
    exchange_release(&call->x);
    pthread_mutex_destroy(&call->lock);
    free(call);
}

/* Precondition: call->lock is held. */
static void
suspend(struct call *call)
{
    call->is_suspended = true;
    call->works->suspend(call->connection);
}

static void
resume(struct call *call)
{
    if (!call->is_suspended || call->is_gone)
        return;
    call->is_suspended = false;
    call->works->resume(call->connection);
}

static void
resume_locking(void *arg)
{
    struct call *call = arg;

    pthread_mutex_lock(&call->lock);
    resume(call);
    pthread_mutex_unlock(&call->lock);
}

/* The answer stands; the connection goes on with it. */
static void
finish(struct call *call)
{
    pthread_mutex_lock(&call->lock);
    call->phase = PHASE_READY;
    resume(call);
    pthread_mutex_unlock(&call->lock);
    call_drop(call);
}

static void
refuse_stopping(struct call *call)
{
    struct exchange *x = &call->x;

    (void)exchange_refuse(x, FAIL(&x->cx.diag, ERR_TIMEOUT, "The server is stopping."));
}

/* Hands the call, with a reference, to a crew. */
static void
hand_over(struct call *call, struct crew *crew, void (*run)(void *))
{
    call->task.run = run;
    if (crew_do(crew, &call->task))
        return;
    refuse_stopping(call);
    finish(call);
}

/* ---- long polls ---- */

static void run_again(void *arg);

static void
wake_poll(void *arg)
{
    struct call *call = arg;

    hand_over(call, call->works->crew, run_again);
}

/* After a run: answer, or sleep until something changes. */
static void
settle(struct call *call)
{
    struct exchange *x = &call->x;

    if (!exchange_would_wait(x) || clock_mono().us >= call->wait_until.us ||
        atomic_load(&call->works->is_stopping)) {
        finish(call);
        return;
    }
    call->waiter.seen = x->seen;
    call->waiter.deadline = call->wait_until;
    call->waiter.wake = wake_poll;
    watch_add(call->works->watch, &call->waiter);
}

static void
run_again(void *arg)
{
    struct call *call = arg;

    if (exchange_again(&call->x))
        exchange_run(&call->x);
    settle(call);
}

static void
run_first(void *arg)
{
    struct call *call = arg;

    exchange_run(&call->x);
    if (call->x.upload != NULL)
        upload_discard(call->x.upload);
    settle(call);
}

/* ---- event streams ---- */

static void
suspend_locking(void *arg)
{
    struct call *call = arg;

    pthread_mutex_lock(&call->lock);
    suspend(call);
    pthread_mutex_unlock(&call->lock);
}

static void
stream_done(void *arg)
{
    call_drop(arg);
}

void
call_stream(struct call *call)
{
    call->stream = (struct stream){.x = &call->x,
        .crew = call->works->crew,
        .watch = call->works->watch,
        .suspend = suspend_locking,
        .resume = resume_locking,
        .done = stream_done,
        .arg = call};
    call->has_stream = true;
    call_take(call);
    stream_begin(&call->stream);
}

/* ---- for the HTTP thread ---- */

enum phase
call_phase(struct call *call)
{
    enum phase phase;

    pthread_mutex_lock(&call->lock);
    phase = call->phase;
    pthread_mutex_unlock(&call->lock);
    return phase;
}

bool
call_upload(struct call *call)
{
    struct exchange *x = &call->x;

    x->upload = upload_new((int64_t)x->route->body_max, resume_locking, call);
    if (x->upload == NULL)
        return false;
    x->rq.upload = x->upload;
    return true;
}

void
call_load(struct call *call)
{
    call_take(call);
    hand_over(call, call->works->loaders, run_first);
}

void
call_upload_put(struct call *call, const void *p, size_t *n)
{
    struct upload *u = call->x.upload;

    *n -= upload_put(u, p, *n);
    if (*n == 0)
        return;
    suspend_locking(call);
    upload_pause(u);
}

void
call_await(struct call *call)
{
    pthread_mutex_lock(&call->lock);
    if (call->phase == PHASE_AWAY)
        suspend(call);
    pthread_mutex_unlock(&call->lock);
}

void
call_upload_end(struct call *call)
{
    upload_end(call->x.upload);
    pthread_mutex_lock(&call->lock);
    if (call->phase == PHASE_BODY)
        call->phase = PHASE_AWAY;
    pthread_mutex_unlock(&call->lock);
    call_await(call);
}

void
call_away(struct call *call)
{
    call->phase = PHASE_AWAY;
    call->wait_until = (struct monous){clock_mono().us + call->x.wait_s * SECOND_US};
    call_take(call);
    suspend_locking(call);
    if ((call->x.route->flags & (SLOW | UPLOAD)) != 0) {
        hand_over(call, call->works->crew, run_first);
    } else {
        settle(call);
    }
}

void
call_end(struct call *call)
{
    atomic_fetch_sub(&call->works->open, 1);
    if (call->x.upload != NULL)
        upload_abort(call->x.upload);
    pthread_mutex_lock(&call->lock);
    call->is_gone = true;
    pthread_mutex_unlock(&call->lock);
    if (call->has_stream)
        stream_cut(&call->stream);
    call_drop(call);
}
