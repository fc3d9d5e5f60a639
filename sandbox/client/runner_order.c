/* runner_order.c -- an order on its way to the runner, and the answers to it.
 *
 * Orders are written whole under the lock; every answer comes on the order's own socket,
 * whose end of file tells of any death. */
#include "sandbox/client/runner_keeper.h"

#include "datasite/base/clock.h"
#include "datasite/base/fdio.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

/* Waits until the runner is up. Called with the lock held. */
static enum err
await_runner(struct diag *d, struct runner *r)
{
    int64_t until = clock_mono().us + RUNNER_SEND_US;
    struct timespec t = {until / 1000000, until % 1000000 * 1000};

    while (r->orders_fd == -1 && !r->stopping) {
        if (pthread_cond_timedwait(&r->changed, &r->lock, &t) != 0)
            break;
    }
    if (r->orders_fd == -1)
        return FAIL(d, ERR_SANDBOX, "the runner is not up");
    return ERR_OK;
}

enum err
runner_send(struct diag *d, struct runner *r, enum frame_type type, struct str body,
    int data_fd, int *answers)
{
    int ends[2];
    enum err e = ERR_SANDBOX;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
        return FAIL(d, ERR_SANDBOX, "socketpair: %s", strerror(errno));
    int fds[2] = {ends[1], data_fd};
    pthread_mutex_lock(&r->lock);
    for (int tries = 0; tries < 2 && e != ERR_OK; tries++) {
        struct monous deadline = {clock_mono().us + RUNNER_SEND_US};
        diag_clear(d);
        e = await_runner(d, r);
        if (e != ERR_OK)
            break;
        e = frame_send(
            d, r->orders_fd, deadline, type, body, fds, data_fd == -1 ? 1 : 2);
        if (e != ERR_OK) { /* half an order may be on the wire: this runner is done */
            kill(r->pid, SIGKILL);
            fd_close_p(&r->orders_fd);
        }
    }
    pthread_mutex_unlock(&r->lock);
    fd_close_p(&ends[1]);
    *answers = ends[0];
    if (e == ERR_OK)
        return ERR_OK;
    fd_close_p(answers);
    diag_clear(d);
    return FAIL(d, ERR_SANDBOX, "the runner does not take orders");
}

void
runner_enter(struct runner *r)
{
    pthread_mutex_lock(&r->lock);
    r->calls_n++;
    pthread_mutex_unlock(&r->lock);
}

void
runner_leave(struct runner **r)
{
    pthread_mutex_lock(&(*r)->lock);
    (*r)->calls_n--;
    pthread_cond_broadcast(&(*r)->changed);
    pthread_mutex_unlock(&(*r)->lock);
}

enum err
runner_hear(struct diag *d, int fd, struct monous deadline, struct frame *in)
{
    if (frame_recv(d, fd, deadline, in) != ERR_OK) {
        diag_clear(d);
        return FAIL(d, ERR_SANDBOX, "the sandbox ended without an answer");
    }
    if (in->type != FRAME_FAILED)
        return ERR_OK;
    struct fields f = fields_of(buf_str(&in->body));
    return field_diag(&f, d);
}

enum err
runner_out_of_turn(struct diag *d, const struct frame *in)
{
    return FAIL(
        d, ERR_SANDBOX, "the sandbox sent %s out of turn", frame_name(in->type));
}

enum err
runner_read_end(struct diag *d, const struct fields *f, const char *what)
{
    return fields_end(f) ? ERR_OK
                         : FAIL(d, ERR_SANDBOX, "%s that cannot be read", what);
}

enum err
runner_ask(struct diag *d, struct runner *r, enum frame_type type, struct str body,
    int data_fd, enum frame_type want, struct frame *in, int64_t wait_us)
{
    FD_SCOPE(fd) = -1;
    struct monous deadline = FRAME_NO_DEADLINE;

    if (wait_us > 0)
        deadline.us = clock_mono().us + wait_us;
    TRY(runner_send(d, r, type, body, data_fd, &fd));
    TRY(runner_hear(d, fd, deadline, in));
    return in->type == want ? ERR_OK : runner_out_of_turn(d, in);
}
