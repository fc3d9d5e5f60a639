/* queue.c -- the threads that check submissions and run approved jobs. */
#include "datasite/core/queue.h"

#include "datasite/base/check.h"
#include "datasite/base/log.h"
#include "datasite/core/event.h"
#include "datasite/core/gate.h"
#include "datasite/core/lease.h"
#include "datasite/core/retire.h"
#include "datasite/core/review.h"
#include "datasite/core/run.h"
#include "datasite/core/standing.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define THREADS_MAX 16
/* Work that nobody announced is found by looking; what failed is not tried at once
 * again. */
#define IDLE_WAIT_S            1
#define CHECK_TRIES_MAX        3
#define PAUSE_AFTER_FAILURE_US (200 * 1000L)

struct queue {
    struct site *site;
    pthread_t threads[THREADS_MAX];
    int threads_n;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t woken;
    uint64_t wakes; /* grows with every queue_wake */
    bool stopping;
};

/* A piece of work as it was claimed. */
struct claim {
    char job_id[ID_BYTES];
    enum job_state state;
};

static struct ctx
system_ctx(struct site *site, struct arena *arena)
{
    return (struct ctx){.arena = arena,
        .site = site,
        .actor = {.roles = ROLE_SYSTEM},
        .now = clock_wall()};
}

/* An approval that ran out ends its job, and gives back what it held. */
static enum err
expire(struct ctx *cx, struct job *j, const char *why)
{
    struct ledger_party party = job_party(j);

    TRY(job_move(cx, j, JOB_EXPIRED, json_pack("{s:s}", "why", why)));
    return ledger_settle(cx, &party);
}

/* An approval that no longer binds sends its job back, and gives back what it held. */
static enum err
reopen(struct ctx *cx, struct job *j, const char *why)
{
    struct ledger_party party = job_party(j);

    TRY(job_move(cx, j, JOB_IN_REVIEW, json_pack("{s:s}", "why", why)));
    return ledger_settle(cx, &party);
}

/* What must hold before a run, and what becomes of a job where it does not. */
static const struct hurdle {
    enum err (*look)(struct ctx *cx, const struct job *j);
    enum err miss;
    enum err (*then)(struct ctx *cx, struct job *j, const char *why);
} hurdles[] = {
    {job_stands, ERR_CONFLICT, standing_stop},
    {review_lasts, ERR_CONFLICT, expire},
    {review_binds, ERR_STALE, reopen},
};

/* Approved to queued to running, or where a hurdle sends it. Inside a transaction. */
static enum err
launch(struct ctx *cx, struct job *j)
{
    for (size_t i = 0; i < ARRAY_N(hurdles); i++) {
        enum err err = hurdles[i].look(cx, j);
        if (err == hurdles[i].miss) {
            struct diag why = cx->diag;
            diag_clear(&cx->diag);
            return hurdles[i].then(cx, j, why.text);
        }
        TRY(err);
    }
    if (j->state == JOB_APPROVED)
        TRY(job_move(cx, j, JOB_QUEUED, NULL));
    return run_begin(cx, j);
}

/* Takes the oldest piece of work that no thread has. ERR_NOT_FOUND: there is none. */
static enum err
claim_take(struct ctx *cx, struct claim *out)
{
    const char *id, *state;
    struct job j;
    LEASE_SCOPE(lease, cx, DB_RW);
    TXN_SCOPE(txn);

    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(db_one(cx->db, &cx->diag, cx->arena, STMT_JOB_CLAIM, &id, &state));
    TRY(job_by_id(cx, id, &j));
    if (j.state != JOB_CHECKING)
        TRY(launch(cx, &j));
    snprintf(out->job_id, sizeof out->job_id, "%s", id);
    out->state = j.state;
    if (j.state != JOB_CHECKING && j.state != JOB_RUNNING)
        TRY(db_run(cx->db, &cx->diag, NULL, STMT_JOB_UNCLAIM, id));
    TRY(txn_commit(&txn, &cx->diag));
    event_wake();
    return ERR_OK;
}

static enum err
claim_give(struct ctx *cx, const struct claim *c)
{
    LEASE_SCOPE(lease, cx, DB_RW);

    diag_clear(&cx->diag);
    return db_run(cx->db, &cx->diag, NULL, STMT_JOB_UNCLAIM, c->job_id);
}

static bool
is_stopping(struct site *site)
{
    struct queue *q = site->queue;
    bool stopping;

    if (q == NULL)
        return false;
    pthread_mutex_lock(&q->lock);
    stopping = q->stopping;
    pthread_mutex_unlock(&q->lock);
    return stopping;
}

static void
pause_us(long us)
{
    struct timespec t = {us / 1000000, us % 1000000 * 1000};

    nanosleep(&t, NULL);
}

/* The first gate. Where the sandbox is not to be had, a few tries and then an
 * answer. */
static enum err
do_check(struct ctx *cx, const char *job_id)
{
    enum err err = gate_job(cx, job_id);

    for (int i = 1; err != ERR_OK && i < CHECK_TRIES_MAX && !is_stopping(cx->site);
         i++) {
        log_diag(LOG_WARN, "job.check", &cx->diag);
        diag_clear(&cx->diag);
        pause_us(PAUSE_AFTER_FAILURE_US);
        err = gate_job(cx, job_id);
    }
    if (err == ERR_OK || is_stopping(cx->site))
        return err;
    log_diag(LOG_ERROR, "job.check", &cx->diag);
    diag_clear(&cx->diag);
    TRY(gate_give_up(cx, job_id));
    event_wake();
    return ERR_OK;
}

static enum err
do_run(struct ctx *cx, const char *job_id)
{
    enum err err = run_do(cx, job_id);

    if (err == ERR_OK || is_stopping(cx->site))
        return err; /* what a stop cuts off is taken up again at the next start */
    log_diag(LOG_WARN, "run.cut-off", &cx->diag);
    diag_clear(&cx->diag);
    return run_cut_off(cx, job_id, RUN_ATTEMPTS_MAX);
}

static enum err
work(struct ctx *cx, const struct claim *c)
{
    enum err err = ERR_OK;

    if (c->state == JOB_CHECKING) {
        err = do_check(cx, c->job_id);
    } else if (c->state == JOB_RUNNING) {
        err = do_run(cx, c->job_id);
    } else {
        return ERR_OK;
    }
    if (err != ERR_OK)
        log_diag(LOG_ERROR, "queue.work", &cx->diag);
    return claim_give(cx, c);
}

enum err
queue_step(struct site *site, struct diag *d, bool *did)
{
    ARENA_SCOPE(arena, REQUEST_ARENA_BYTES);
    struct ctx cx = system_ctx(site, arena);
    struct claim claim;
    enum err err;

    *did = false;
    if (arena == NULL)
        return FAIL(d, ERR_INTERNAL, "no memory for a piece of work");
    err = claim_take(&cx, &claim);
    if (err == ERR_NOT_FOUND) {
        diag_clear(&cx.diag);
        err = retire_step(&cx, did);
    } else if (err == ERR_OK) {
        *did = true;
        err = work(&cx, &claim);
    }
    if (err != ERR_OK)
        *d = cx.diag;
    return err;
}

/* Sleeps until somebody wakes the queue, a second passed, or it stops: false. */
static bool
wait_for_work(struct queue *q, uint64_t *seen)
{
    struct timespec until;
    bool stopping;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += IDLE_WAIT_S;
    pthread_mutex_lock(&q->lock);
    if (!q->stopping && *seen == q->wakes)
        pthread_cond_timedwait(&q->woken, &q->lock, &until);
    *seen = q->wakes;
    stopping = q->stopping;
    pthread_mutex_unlock(&q->lock);
    return !stopping;
}

static void *
queue_thread(void *self)
{
    struct queue *q = self;
    uint64_t seen = 0;

    while (wait_for_work(q, &seen)) {
        bool did = true;
        while (did && !is_stopping(q->site)) {
            struct diag d = {0};
            if (queue_step(q->site, &d, &did) != ERR_OK) {
                log_diag(LOG_ERROR, "queue.step", &d);
                pause_us(PAUSE_AFTER_FAILURE_US);
            }
        }
    }
    return NULL;
}

enum err
queue_start(struct site *site, struct diag *d, int threads)
{
    struct queue *q = calloc(1, sizeof *q);

    if (q == NULL)
        return FAIL(d, ERR_INTERNAL, "no memory for the queue");
    q->site = site;
    CHECK(pthread_mutex_init(&q->lock, NULL) == 0);
    CHECK(pthread_cond_init(&q->woken, NULL) == 0);
    site->queue = q;
    threads = threads <= 0 ? RUNS_AT_ONCE_MAX : threads;
    for (int i = 0; i < threads && i < THREADS_MAX; i++) {
        if (pthread_create(&q->threads[i], NULL, queue_thread, q) != 0) {
            queue_stop(site);
            return FAIL(d, ERR_INTERNAL, "no thread for the queue");
        }
        q->threads_n++;
    }
    return ERR_OK;
}

/* Ends the runs in flight: their threads wait for them. One that is not there any more
 * is as good as ended. */
static void
stop_runs(struct site *site)
{
    ARENA_SCOPE(arena, REQUEST_ARENA_BYTES);
    struct ctx cx = system_ctx(site, arena);
    const char *id;
    bool more = arena != NULL;
    LEASE_SCOPE(lease, &cx, DB_RO);

    if (!more || db_each(cx.db, &cx.diag, STMT_RUNS_OPEN) != ERR_OK)
        return;
    while (
        db_row(cx.db, &cx.diag, arena, STMT_RUNS_OPEN, &more, &id) == ERR_OK && more) {
        struct diag gone = {0};
        if (runner_cancel(site->runner, &gone, id) == ERR_OK)
            log_event(LOG_INFO, "run.stopped", "%s", id);
    }
}

void
queue_stop(struct site *site)
{
    struct queue *q = site->queue;

    if (q == NULL)
        return;
    pthread_mutex_lock(&q->lock);
    q->stopping = true;
    pthread_cond_broadcast(&q->woken);
    pthread_mutex_unlock(&q->lock);
    if (q->threads_n > 0)
        stop_runs(site);
    for (int i = 0; i < q->threads_n; i++)
        pthread_join(q->threads[i], NULL);
    pthread_cond_destroy(&q->woken);
    pthread_mutex_destroy(&q->lock);
    free(q);
    site->queue = NULL;
}

void
queue_wake(struct site *site)
{
    struct queue *q = site->queue;

    if (q == NULL)
        return;
    pthread_mutex_lock(&q->lock);
    q->wakes++;
    pthread_cond_broadcast(&q->woken);
    pthread_mutex_unlock(&q->lock);
}
