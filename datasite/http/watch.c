/* watch.c -- a list of sleepers and the thread that looks through it. */
#include "datasite/http/watch.h"

#include "datasite/base/check.h"
#include "datasite/base/clock.h"
#include "datasite/core/event.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#define TICK_US INT64_C(1000000)

struct watch {
    pthread_mutex_t lock;
    struct waiter *first;
    bool is_stopping;
    void (*tick)(void *arg);
    void *arg;
    pthread_t thread;
};

static void
unlist(struct watch *w, struct waiter *x)
{
    if (x->prev != NULL) {
        x->prev->next = x->next;
    } else {
        w->first = x->next;
    }
    if (x->next != NULL)
        x->next->prev = x->prev;
    x->is_listed = false;
}

/* The first whose time has come, taken off the list; NULL: none. */
static struct waiter *
take_due(struct watch *w, uint64_t seen, struct monous now)
{
    struct waiter *x;

    pthread_mutex_lock(&w->lock);
    for (x = w->first; x != NULL; x = x->next) {
        if (w->is_stopping || x->seen != seen || x->deadline.us <= now.us)
            break;
    }
    if (x != NULL)
        unlist(w, x);
    pthread_mutex_unlock(&w->lock);
    return x;
}

static bool
is_stopping(struct watch *w)
{
    bool yes;

    pthread_mutex_lock(&w->lock);
    yes = w->is_stopping;
    pthread_mutex_unlock(&w->lock);
    return yes;
}

static void *
look(void *arg)
{
    struct watch *w = arg;
    struct monous ticked = clock_mono();

    while (!is_stopping(w)) {
        uint64_t seen = event_seen();
        struct monous now = clock_mono();
        struct waiter *x;

        while ((x = take_due(w, seen, now)) != NULL)
            x->wake(x->arg);
        if (now.us - ticked.us >= TICK_US) {
            w->tick(w->arg);
            ticked = now;
        }
        event_wait(seen, (struct monous){ticked.us + TICK_US});
    }
    return NULL;
}

enum err
watch_start(struct diag *d, void (*tick)(void *arg), void *arg, struct watch **out)
{
    struct watch *w = calloc(1, sizeof *w);
    sigset_t all, before;
    int failed;

    if (w == NULL)
        return FAIL(d, ERR_INTERNAL, "no memory for the watch");
    CHECK(pthread_mutex_init(&w->lock, NULL) == 0);
    w->tick = tick;
    w->arg = arg;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&w->thread, NULL, look, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed != 0) {
        watch_free(w);
        return FAIL(d, ERR_INTERNAL, "the watch thread cannot be started");
    }
    *out = w;
    return ERR_OK;
}

void
watch_add(struct watch *w, struct waiter *x)
{
    bool is_due;

    pthread_mutex_lock(&w->lock);
    is_due = w->is_stopping || x->seen != event_seen();
    if (!is_due) {
        x->prev = NULL;
        x->next = w->first;
        if (x->next != NULL)
            x->next->prev = x;
        w->first = x;
        x->is_listed = true;
    }
    pthread_mutex_unlock(&w->lock);
    if (is_due)
        x->wake(x->arg);
}

bool
watch_remove(struct watch *w, struct waiter *x)
{
    bool was_listed;

    pthread_mutex_lock(&w->lock);
    was_listed = x->is_listed;
    if (was_listed)
        unlist(w, x);
    pthread_mutex_unlock(&w->lock);
    return was_listed;
}

void
watch_stop(struct watch *w)
{
    struct waiter *x;

    pthread_mutex_lock(&w->lock);
    w->is_stopping = true;
    pthread_mutex_unlock(&w->lock);
    event_wake();
    pthread_join(w->thread, NULL);
    while ((x = take_due(w, 0, clock_mono())) != NULL)
        x->wake(x->arg);
}

void
watch_free(struct watch *w)
{
    if (w == NULL)
        return;
    pthread_mutex_destroy(&w->lock);
    free(w);
}
