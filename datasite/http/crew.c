/* crew.c -- a queue of tasks and the threads that empty it. */
#include "datasite/http/crew.h"

#include "datasite/base/check.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#define THREADS_MAX 64

struct crew {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct task *first, **last;
    bool is_stopping;
    int threads_n;
    pthread_t thread[THREADS_MAX];
};

static struct task *
take(struct crew *c)
{
    struct task *t;

    pthread_mutex_lock(&c->lock);
    while (c->first == NULL && !c->is_stopping)
        pthread_cond_wait(&c->filled, &c->lock);
    t = c->first;
    if (t != NULL) {
        c->first = t->next;
        if (c->first == NULL)
            c->last = &c->first;
    }
    pthread_mutex_unlock(&c->lock);
    return t;
}

static void *
work(void *arg)
{
    struct crew *c = arg;
    struct task *t;

    while ((t = take(c)) != NULL)
        t->run(t->arg);
    return NULL;
}

/* Signals are the main thread's. */
static int
thread_start(pthread_t *thread, struct crew *c)
{
    sigset_t all, before;
    int failed;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(thread, NULL, work, c);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed;
}

enum err
crew_start(struct diag *d, int threads, struct crew **out)
{
    struct crew *c = calloc(1, sizeof *c);

    if (c == NULL)
        return FAIL(d, ERR_INTERNAL, "no memory for worker threads");
    CHECK(threads > 0 && threads <= THREADS_MAX);
    CHECK(pthread_mutex_init(&c->lock, NULL) == 0);
    CHECK(pthread_cond_init(&c->filled, NULL) == 0);
    c->last = &c->first;
    *out = c;
    while (c->threads_n < threads) {
        if (thread_start(&c->thread[c->threads_n], c) != 0) {
            crew_stop(c);
            crew_free(c);
            *out = NULL;
            return FAIL(d, ERR_INTERNAL, "worker threads cannot be started");
        }
        c->threads_n++;
    }
    return ERR_OK;
}

bool
crew_do(struct crew *c, struct task *t)
{
    bool is_taken;

    t->next = NULL;
    pthread_mutex_lock(&c->lock);
    is_taken = !c->is_stopping;
    if (is_taken) {
        *c->last = t;
        c->last = &t->next;
        pthread_cond_signal(&c->filled);
    }
    pthread_mutex_unlock(&c->lock);
    return is_taken;
}

void
crew_stop(struct crew *c)
{
    pthread_mutex_lock(&c->lock);
    c->is_stopping = true;
    pthread_cond_broadcast(&c->filled);
    pthread_mutex_unlock(&c->lock);
    for (int i = 0; i < c->threads_n; i++)
        pthread_join(c->thread[i], NULL);
    c->threads_n = 0;
}

void
crew_free(struct crew *c)
{
    if (c == NULL)
        return;
    pthread_cond_destroy(&c->filled);
    pthread_mutex_destroy(&c->lock);
    free(c);
}
