/* drain.c -- one thread that swallows what refused clients still send. */
#include "datasite/http/drain.h"

#include "datasite/base/check.h"
#include "datasite/base/clock.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define GUESTS_MAX    64
#define LINGER_US     INT64_C(5000000)
#define SWALLOW_BYTES (64 << 10)

struct drain {
    pthread_mutex_t lock;
    int wake[2]; /* a pipe: a new guest, or the end */
    bool is_stopping;
    size_t guests_n;
    struct {
        int fd;
        struct monous until;
    } guest[GUESTS_MAX];
    pthread_t thread;
    char waste[SWALLOW_BYTES];
};

static void
dismiss(struct drain *l, size_t i)
{
    close(l->guest[i].fd);
    l->guests_n--;
    l->guest[i] = l->guest[l->guests_n];
}

/* Fills set; the pipe is first. Returns whether to go on. */
static bool
gather(struct drain *l, struct pollfd *set, size_t *n)
{
    struct monous now = clock_mono();
    bool goes_on;

    pthread_mutex_lock(&l->lock);
    for (size_t i = l->guests_n; i > 0; i--) {
        if (l->guest[i - 1].until.us <= now.us)
            dismiss(l, i - 1);
    }
    set[0] = (struct pollfd){.fd = l->wake[0], .events = POLLIN};
    for (size_t i = 0; i < l->guests_n; i++)
        set[i + 1] = (struct pollfd){.fd = l->guest[i].fd, .events = POLLIN};
    *n = l->guests_n + 1;
    goes_on = !l->is_stopping;
    pthread_mutex_unlock(&l->lock);
    return goes_on;
}

static void
leave(struct drain *l, int fd)
{
    pthread_mutex_lock(&l->lock);
    for (size_t i = 0; i < l->guests_n; i++) {
        if (l->guest[i].fd == fd) {
            dismiss(l, i);
            break;
        }
    }
    pthread_mutex_unlock(&l->lock);
}

static void *
swallow(void *arg)
{
    struct drain *l = arg;
    struct pollfd set[GUESTS_MAX + 1];
    size_t n;

    while (gather(l, set, &n)) {
        if (poll(set, n, n > 1 ? 500 : -1) <= 0)
            continue;
        if (set[0].revents != 0)
            (void)!read(l->wake[0], l->waste, sizeof l->waste);
        for (size_t i = 1; i < n; i++) {
            if (set[i].revents != 0 &&
                recv(set[i].fd, l->waste, sizeof l->waste, MSG_DONTWAIT) <= 0) {
                leave(l, set[i].fd);
            }
        }
    }
    return NULL;
}

static void
drain_free(struct drain *l)
{
    while (l->guests_n > 0)
        dismiss(l, 0);
    close(l->wake[0]);
    close(l->wake[1]);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

enum err
drain_start(struct diag *d, struct drain **out)
{
    struct drain *l = calloc(1, sizeof *l);
    sigset_t all, before;
    int failed;

    if (l == NULL || pipe2(l->wake, O_CLOEXEC | O_NONBLOCK) != 0) {
        free(l);
        return FAIL(
            d, ERR_INTERNAL, "no memory or descriptors for lingering connections");
    }
    CHECK(pthread_mutex_init(&l->lock, NULL) == 0);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&l->thread, NULL, swallow, l);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed != 0) {
        drain_free(l);
        return FAIL(d, ERR_INTERNAL, "the lingering thread cannot be started");
    }
    *out = l;
    return ERR_OK;
}

void
drain_add(struct drain *l, int fd)
{
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);

    pthread_mutex_lock(&l->lock);
    if (own != -1 && l->guests_n < GUESTS_MAX) {
        l->guest[l->guests_n].fd = own;
        l->guest[l->guests_n].until = (struct monous){clock_mono().us + LINGER_US};
        l->guests_n++;
        own = -1;
    }
    pthread_mutex_unlock(&l->lock);
    if (own != -1)
        close(own);
    (void)!write(l->wake[1], "", 1);
}

void
drain_stop(struct drain *l)
{
    pthread_mutex_lock(&l->lock);
    l->is_stopping = true;
    pthread_mutex_unlock(&l->lock);
    (void)!write(l->wake[1], "", 1);
    pthread_join(l->thread, NULL);
    drain_free(l);
}
