/* queue.c -- the threads that check submissions, run approved jobs and show their ends. */
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
#include <stdlib.h>
#include <time.h>

#define THREADS_MAX (2 * RUNS_AT_ONCE_MAX + 1)
/* Work that nobody announced is found by looking; what failed is not tried at once
 * again. */
#define IDLE_WAIT_US           INT64_C(1000000)
#define CHECK_TRIES_MAX        3
#define PAUSE_AFTER_FAILURE_US (200 * 1000L)

/* What the threads of a crew do: one piece of work, *did false: there was none. *until:
 * when to look again at the latest; it may be made earlier. */
typedef enum err crew_step(struct ctx *cx, bool *did, struct unixus *until);

/* One thread of a crew. */
struct hand {
    struct queue *queue;
    crew_step *step;
    pthread_t thread;
};

struct queue {
    struct site *site;
    int runs_at_once;
    struct hand hands[THREADS_MAX];
    int hands_n;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t woken;
    uint64_t wakes; /* grows with every queue_wake */
    bool stopping;
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

/* *clear false: a hurdle sent the job elsewhere. Inside a transaction. */
static enum err
take_hurdles(struct ctx *cx, struct job *j, bool *clear)
{
    *clear = false;
    for (size_t i = 0; i < ARRAY_N(hurdles); i++) {
        enum err err = hurdles[i].look(cx, j);
        if (err == hurdles[i].miss) {
            struct diag why = cx->diag;
            diag_clear(&cx->diag);
            return hurdles[i].then(cx, j, why.text);
        }
        TRY(err);
    }
    *clear = true;
    return ERR_OK;
}

/* Approved to queued to running, or where a hurdle sends it. Inside a transaction. */
static enum err
launch(struct ctx *cx, struct job *j)
{
    bool clear;

    TRY(take_hurdles(cx, j, &clear));
    if (!clear)
        return ERR_OK;
    if (j->state == JOB_APPROVED)
        TRY(job_move(cx, j, JOB_QUEUED, NULL));
    return run_begin(cx, j);
}

static int
runs_at_once(const struct site *site)
{
    return site->queue != NULL ? site->queue->runs_at_once : RUNS_AT_ONCE_MAX;
}

/* A run that was cut off, else the oldest job that may run, in its state. */
static enum err
claim_next(struct ctx *cx, struct job *out)
{
    const char *id;
    enum err err = db_one(cx->db, &cx->diag, cx->arena, STMT_JOB_CLAIM_CUT_OFF, &id);

    if (err == ERR_NOT_FOUND) {
        diag_clear(&cx->diag);
        err = db_one(cx->db, &cx->diag, cx->arena, STMT_JOB_CLAIM_RUN,
            (int64_t)runs_at_once(cx->site), &id);
    }
    TRY(err);
    return job_by_id(cx, id, out);
}

/* Claims a run and begins it; *runs false: it came to nothing. ERR_NOT_FOUND: there is
 * none. */
static enum err
run_take(struct ctx *cx, struct job *j, bool *runs)
{
    LEASE_SCOPE(lease, cx, DB_RW);
    TXN_SCOPE(txn);

    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(claim_next(cx, j));
    if (j->state == JOB_RUNNING) {
        TRY(run_again(cx, j, runs));
    } else {
        TRY(launch(cx, j));
        *runs = j->state == JOB_RUNNING;
    }
    if (!*runs)
        TRY(db_run(cx->db, &cx->diag, NULL, STMT_JOB_UNCLAIM, j->id));
    TRY(txn_commit(&txn, &cx->diag));
    event_wake();
    return ERR_OK;
}

static enum err
check_take(struct ctx *cx, const char **job_id)
{
    LEASE_SCOPE(lease, cx, DB_RW);

    return db_one(cx->db, &cx->diag, cx->arena, STMT_JOB_CLAIM_CHECK, job_id);
}

static enum err
claim_give(struct ctx *cx, const char *job_id)
{
    LEASE_SCOPE(lease, cx, DB_RW);

    diag_clear(&cx->diag);
    return db_run(cx->db, &cx->diag, NULL, STMT_JOB_UNCLAIM, job_id);
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
work_end(struct ctx *cx, const char *job_id, enum err err)
{
    if (err != ERR_OK)
        log_diag(LOG_ERROR, "queue.work", &cx->diag);
    return claim_give(cx, job_id);
}

/* The crews */

/* What takes no jail is done when there is nothing to check. */
static enum err
step_checks(struct ctx *cx, bool *did, struct unixus *until)
{
    const char *job_id;
    enum err err = check_take(cx, &job_id);

    (void)until;
    if (err == ERR_NOT_FOUND) {
        diag_clear(&cx->diag);
        return retire_step(cx, did);
    }
    TRY(err);
    *did = true;
    return work_end(cx, job_id, do_check(cx, job_id));
}

static enum err
step_runs(struct ctx *cx, bool *did, struct unixus *until)
{
    struct job j;
    bool runs;
    enum err err = run_take(cx, &j, &runs);

    (void)until;
    if (err == ERR_NOT_FOUND) {
        diag_clear(&cx->diag);
        return ERR_OK;
    }
    TRY(err);
    *did = true;
    return runs ? work_end(cx, j.id, do_run(cx, j.id)) : ERR_OK;
}

static enum err
lapsed(struct ctx *cx, const char **id)
{
    LEASE_SCOPE(lease, cx, DB_RO);

    return db_one(
        cx->db, &cx->diag, cx->arena, STMT_JOB_LAPSED_NEXT, cx->site->runtime, id);
}

static enum err
lapse_one(struct ctx *cx, const char *id, bool *did)
{
    struct job j;
    bool clear = true;
    LEASE_SCOPE(lease, cx, DB_RW);
    TXN_SCOPE(txn);

    TRY(txn_begin(&txn, cx->db, &cx->diag));
    TRY(job_by_id(cx, id, &j));
    if (j.state == JOB_APPROVED || j.state == JOB_QUEUED)
        TRY(take_hurdles(cx, &j, &clear));
    TRY(txn_commit(&txn, &cx->diag));
    *did = !clear;
    event_wake();
    return ERR_OK;
}

/* Work that waits for a place, or for its budget, need not come to its turn to learn that
 * what was approved is no longer there. ERR_NOT_FOUND: there is none. */
static enum err
lapse_next(struct ctx *cx, bool *did)
{
    const char *id;

    TRY(lapsed(cx, &id));
    return lapse_one(cx, id, did);
}

/* An approval that lapsed is none; an end that is shown frees a place. */
static enum err
step_ends(struct ctx *cx, bool *did, struct unixus *until)
{
    struct unixus next;
    enum err err = lapse_next(cx, did);

    if (err != ERR_NOT_FOUND)
        return err;
    diag_clear(&cx->diag);
    err = run_reveal(cx, did, &next);

    if (err == ERR_NOT_FOUND) {
        diag_clear(&cx->diag);
        return ERR_OK;
    }
    TRY(err);
    if (*did) {
        queue_wake(cx->site);
    } else if (next.us < until->us) {
        *until = next;
    }
    return ERR_OK;
}

static enum err
crew_work(
    struct site *site, struct diag *d, crew_step *step, bool *did, struct unixus *until)
{
    ARENA_SCOPE(arena, REQUEST_ARENA_BYTES);
    struct ctx cx = system_ctx(site, arena);
    enum err err;

    *did = false;
    if (arena == NULL)
        return FAIL(d, ERR_INTERNAL, "no memory for a piece of work");
    err = step(&cx, did, until);
    if (err != ERR_OK)
        *d = cx.diag;
    return err;
}

enum err
queue_step(struct site *site, struct diag *d, bool *did)
{
    static crew_step *const steps[] = {step_ends, step_runs, step_checks};
    struct unixus until = clock_wall();

    *did = false;
    for (size_t i = 0; i < ARRAY_N(steps) && !*did; i++)
        TRY(crew_work(site, d, steps[i], did, &until));
    return ERR_OK;
}

/* Sleeps until somebody wakes the queue, the time has come, or it stops: false. */
static bool
wait_for_work(struct queue *q, uint64_t *seen, struct unixus until)
{
    struct timespec t = {until.us / 1000000, until.us % 1000000 * 1000};
    bool stopping;

    pthread_mutex_lock(&q->lock);
    if (!q->stopping && *seen == q->wakes)
        pthread_cond_timedwait(&q->woken, &q->lock, &t);
    *seen = q->wakes;
    stopping = q->stopping;
    pthread_mutex_unlock(&q->lock);
    return !stopping;
}

static void *
hand_main(void *self)
{
    struct hand *h = self;
    struct queue *q = h->queue;
    struct unixus until = clock_wall();
    uint64_t seen = 0;

    while (wait_for_work(q, &seen, until)) {
        bool did = true;
        while (did && !is_stopping(q->site)) {
            struct diag d = {0};
            until.us = clock_wall().us + IDLE_WAIT_US;
            if (crew_work(q->site, &d, h->step, &did, &until) != ERR_OK) {
                log_diag(LOG_ERROR, "queue.step", &d);
                pause_us(PAUSE_AFTER_FAILURE_US);
            }
        }
    }
    return NULL;
}

static bool
crew_start(struct queue *q, crew_step *step, int threads)
{
    for (int i = 0; i < threads; i++) {
        struct hand *h = &q->hands[q->hands_n];
        *h = (struct hand){.queue = q, .step = step};
        if (pthread_create(&h->thread, NULL, hand_main, h) != 0)
            return false;
        q->hands_n++;
    }
    return true;
}

enum err
queue_start(struct site *site, struct diag *d, int threads)
{
    struct queue *q = calloc(1, sizeof *q);

    if (q == NULL)
        return FAIL(d, ERR_INTERNAL, "no memory for the queue");
    if (threads <= 0 || threads > RUNS_AT_ONCE_MAX)
        threads = RUNS_AT_ONCE_MAX;
    q->site = site;
    q->runs_at_once = threads;
    CHECK(pthread_mutex_init(&q->lock, NULL) == 0);
    CHECK(pthread_cond_init(&q->woken, NULL) == 0);
    site->queue = q;
    if (!crew_start(q, step_ends, 1) || !crew_start(q, step_runs, threads) ||
        !crew_start(q, step_checks, threads)) {
        queue_stop(site);
        return FAIL(d, ERR_INTERNAL, "no thread for the queue");
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
    if (q->hands_n > 0)
        stop_runs(site);
    for (int i = 0; i < q->hands_n; i++)
        pthread_join(q->hands[i].thread, NULL);
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
