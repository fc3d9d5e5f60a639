/* jailtest.c -- whether the jail was found to hold. */
#include "datasite/core/jailtest.h"

#include "datasite/base/check.h"
#include "datasite/base/log.h"
#include "datasite/core/site.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define TRIES_MAX 3 /* a runner that dies meanwhile says nothing about the jail */

struct jailtest {
    struct runner *runner;
    pthread_t thread;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t known;
    enum jail_state state;
    bool stopping;
    char level[128];
    struct diag why; /* JAIL_UNFIT */
};

static bool
is_stopping(struct jailtest *t)
{
    bool stopping;

    pthread_mutex_lock(&t->lock);
    stopping = t->stopping;
    pthread_mutex_unlock(&t->lock);
    return stopping;
}

static void *
test_main(void *self)
{
    struct jailtest *t = self;
    struct diag why = {0};
    char level[128] = "";
    enum err err = ERR_SANDBOX;

    for (int i = 0; i < TRIES_MAX && err != ERR_OK && !is_stopping(t); i++) {
        diag_clear(&why);
        err = runner_selftest(t->runner, &why, level);
    }
    if (err != ERR_OK)
        log_diag(LOG_ERROR, "jail.unfit", &why);
    pthread_mutex_lock(&t->lock);
    t->state = err == ERR_OK ? JAIL_HOLDS : JAIL_UNFIT;
    memcpy(t->level, level, sizeof t->level);
    t->why = why;
    pthread_cond_broadcast(&t->known);
    pthread_mutex_unlock(&t->lock);
    return NULL;
}

enum err
jailtest_start(struct site *site, struct diag *d)
{
    struct jailtest *t = calloc(1, sizeof *t);

    if (t == NULL)
        return FAIL(d, ERR_INTERNAL, "no memory for the jail's test");
    t->runner = site->runner;
    CHECK(pthread_mutex_init(&t->lock, NULL) == 0);
    CHECK(pthread_cond_init(&t->known, NULL) == 0);
    if (pthread_create(&t->thread, NULL, test_main, t) != 0) {
        free(t);
        return FAIL(d, ERR_INTERNAL, "no thread for the jail's test");
    }
    site->jail = t;
    return ERR_OK;
}

void
jailtest_stop(struct site *site)
{
    struct jailtest *t = site->jail;

    if (t == NULL)
        return;
    pthread_mutex_lock(&t->lock);
    t->stopping = true;
    pthread_mutex_unlock(&t->lock);
    pthread_join(t->thread, NULL);
    pthread_cond_destroy(&t->known);
    pthread_mutex_destroy(&t->lock);
    free(t);
    site->jail = NULL;
}

enum jail_state
jailtest_state(const struct site *site, char level[128])
{
    struct jailtest *t = site->jail;
    enum jail_state state = JAIL_UNFIT;

    level[0] = '\0';
    if (t == NULL)
        return state;
    pthread_mutex_lock(&t->lock);
    state = t->state;
    if (state == JAIL_HOLDS)
        memcpy(level, t->level, sizeof t->level);
    pthread_mutex_unlock(&t->lock);
    return state;
}

enum err
jailtest_await(const struct site *site, struct diag *d)
{
    struct jailtest *t = site->jail;
    enum jail_state state = JAIL_UNFIT;

    if (t != NULL) {
        pthread_mutex_lock(&t->lock);
        while (t->state == JAIL_UNDER_TEST)
            pthread_cond_wait(&t->known, &t->lock);
        state = t->state;
        pthread_mutex_unlock(&t->lock);
    }
    return state == JAIL_HOLDS
        ? ERR_OK
        : FAIL(d, ERR_SANDBOX, "the sandbox did not pass its self-test%s%.300s",
              t != NULL ? ": " : "", t != NULL ? t->why.text : "");
}
