/* runner_keeper.c -- the runner's life: a thread that starts it, and starts it again.
 *
 * The keeper waits for the runner's death: the thread lives as long as the runner may, so
 * that the parent-death signal, which belongs to the thread that forked, means what it
 * says. */
#include "sandbox/client/runner_keeper.h"

#include "datasite/base/check.h"
#include "datasite/base/clock.h"
#include "datasite/base/fdio.h"
#include "datasite/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ORDERS_FD        3
#define RESTART_US_LEAST INT64_C(10000)
#define RESTART_US_MOST  INT64_C(2000000)

/* Nothing of the server's environment, but for what a test build may be told. */
static char **
runner_environment(void)
{
    static char *env[] = {NULL, NULL};
#ifdef DATASITE_TEST_SEED
    static char constant[] = "DATASITE_TEST_NOISE=constant";
    const char *noise = getenv("DATASITE_TEST_NOISE");

    env[0] = noise != NULL && strcmp(noise, "constant") == 0 ? constant : NULL;
#endif
    return env;
}

static enum err
spawn(struct diag *d, struct runner *r, int ends[2])
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    sigset_t none, all;
    char *argv[] = {r->runner_exe, r->worker_exe, r->vault_path, r->key_path, NULL};
    char **env = runner_environment();
    int failed;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
        return FAIL(d, ERR_SANDBOX, "socketpair: %s", strerror(errno));
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, ends[1], ORDERS_FD);
    posix_spawn_file_actions_addclosefrom_np(&files, ORDERS_FD + 1);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setsigdefault(&attr, &all);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    failed = posix_spawn(&r->pid, r->runner_exe, &files, &attr, argv, env);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&files);
    fd_close_p(&ends[1]);
    if (failed == 0)
        return ERR_OK;
    fd_close_p(&ends[0]);
    r->pid = 0;
    return FAIL(
        d, ERR_SANDBOX, "%s cannot be started: %s", r->runner_exe, strerror(failed));
}

static void
sleep_us(int64_t us)
{
    struct timespec t = {us / 1000000, us % 1000000 * 1000};

    nanosleep(&t, NULL);
}

/* Starts the runner; false when it is to be stopped. Called with the lock held. */
static bool
bring_up(struct runner *r)
{
    struct diag d = {0};
    int ends[2];

    if (r->stopping)
        return false;
    if (spawn(&d, r, ends) != ERR_OK) {
        log_diag(LOG_ERROR, "runner.start", &d);
        return true;
    }
    r->orders_fd = ends[0];
    r->tested = (struct monous){0};
    pthread_cond_broadcast(&r->changed);
    return true;
}

/* Waits for the runner's death without reaping, so that its number stays its own until
 * the lock is held. */
static void
await_death(pid_t pid)
{
    siginfo_t info;

    while (pid != 0 && waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) == -1 &&
        errno == EINTR)
        ;
}

static void *
keep(void *self)
{
    struct runner *r = self;
    int64_t pause_us = RESTART_US_LEAST;

    pthread_mutex_lock(&r->lock);
    while (bring_up(r)) {
        pid_t pid = r->pid;
        int64_t began = clock_mono().us;
        pthread_mutex_unlock(&r->lock);
        await_death(pid);
        pthread_mutex_lock(&r->lock);
        if (pid != 0)
            waitpid(pid, NULL, 0);
        r->pid = 0;
        fd_close_p(&r->orders_fd);
        if (r->stopping)
            break;
        log_event(LOG_WARN, "runner.died", "the runner is gone and is started again");
        bool lasted = clock_mono().us - began > 10 * RESTART_US_MOST;
        pause_us = lasted ? RESTART_US_LEAST : pause_us * 2;
        pause_us = pause_us > RESTART_US_MOST ? RESTART_US_MOST : pause_us;
        pthread_mutex_unlock(&r->lock);
        sleep_us(pause_us);
        pthread_mutex_lock(&r->lock);
    }
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

static char *
copy(const char *z)
{
    return z == NULL ? NULL : strdup(z);
}

static void
release(struct runner *r)
{
    pthread_mutex_destroy(&r->lock);
    pthread_mutex_destroy(&r->test_lock);
    pthread_cond_destroy(&r->changed);
    free(r->runner_exe);
    free(r->worker_exe);
    free(r->vault_path);
    free(r->key_path);
    free(r);
}

enum err
runner_start(struct diag *d, const struct runner_config *c, struct runner **out)
{
    struct runner *r = calloc(1, sizeof *r);
    pthread_condattr_t attr;

    CHECK(r != NULL && (c->vault_path == NULL) == (c->key_path == NULL));
    if (access(c->runner_exe, X_OK) != 0 || access(c->worker_exe, X_OK) != 0) {
        free(r);
        return FAIL(d, ERR_SANDBOX, "%s and %s must be there and executable",
            c->runner_exe, c->worker_exe);
    }
    r->runner_exe = copy(c->runner_exe);
    r->worker_exe = copy(c->worker_exe);
    r->vault_path = copy(c->vault_path);
    r->key_path = copy(c->key_path);
    r->orders_fd = -1;
    pthread_mutex_init(&r->lock, NULL);
    pthread_mutex_init(&r->test_lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&r->changed, &attr);
    pthread_condattr_destroy(&attr);
    if (pthread_create(&r->keeper, NULL, keep, r) != 0) {
        release(r);
        return FAIL(d, ERR_SANDBOX, "no thread could be made");
    }
    *out = r;
    return ERR_OK;
}

void
runner_stop(struct runner *r)
{
    if (r == NULL)
        return;
    pthread_mutex_lock(&r->lock);
    r->stopping = true;
    if (r->pid != 0)
        kill(r->pid, SIGKILL);
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
    pthread_join(r->keeper, NULL);
    pthread_mutex_lock(&r->lock);
    while (r->calls_n > 0) /* their sockets have ended: they return soon */
        pthread_cond_wait(&r->changed, &r->lock);
    pthread_mutex_unlock(&r->lock);
    release(r);
}
