/* runner.c -- takes orders, starts a child for each, watches the clock, reaps. */
#include "sandbox/runner/runner.h"

#include "datasite/base/check.h"
#include "datasite/base/clock.h"
#include "datasite/base/fdio.h"
#include "datasite/base/log.h"
#include "sandbox/runner/history.h"
#include "sandbox/runner/ingest.h"
#include "sandbox/runner/mockcheck.h"
#include "sandbox/runner/unique.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILDREN_MAX 64
#define GRACE_MS     5000 /* what a broker gets beyond its run's wall time */

struct child {
    pid_t pid;              /* 0: a free slot */
    char run_id[64];        /* "": no run */
    struct monous deadline; /* killed after it */
};

struct runner_state {
    const struct broker_setup *setup;
    int orders_fd, signals_fd;
    struct child children[CHILDREN_MAX];
};

static const struct order_kind {
    void (*main)(const struct broker_setup *s, struct frame *order); /* never returns */
    enum frame_type type;
    bool is_run; /* its body starts with a run's id and its times */
} order_kinds[] = {
    {broker_main, FRAME_RUN, true},
    {ingest_main, FRAME_INGEST, false},
    {forget_main, FRAME_FORGET, false},
    {mockcheck_main, FRAME_MOCKCHECK, false},
    {history_main, FRAME_HISTORY, false},
    {unique_main, FRAME_UNIQUE, false},
    {selftest_main, FRAME_SELFTEST, false},
};

static struct child *
free_slot(struct runner_state *r)
{
    for (size_t i = 0; i < CHILDREN_MAX; i++) {
        if (r->children[i].pid == 0)
            return &r->children[i];
    }
    return NULL;
}

/* In the child: nothing of the runner but the order's own descriptors. */
_Noreturn static void
become_child(struct runner_state *r, const struct order_kind *kind, struct frame *order)
{
    sigset_t none;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() == 1)
        _exit(1);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    fd_close_p(&r->orders_fd);
    fd_close_p(&r->signals_fd);
    kind->main(r->setup, order);
    UNREACHABLE();
}

static void
refuse(struct frame *order, const char *why)
{
    BUF_SCOPE(out);
    struct diag d = {.code = ERR_SANDBOX}, gone = {0};
    int fd = frame_take_fd(order, 0);

    strncpy(d.text, why, sizeof d.text - 1);
    buf_init(&out, frame_bytes_max(FRAME_FAILED));
    field_put_diag(&out, &d);
    if (frame_send(&gone, fd, clock_mono(), FRAME_FAILED, buf_str(&out), NULL, 0))
        log_diag(LOG_WARN, "runner.refusal_lost", &gone);
    fd_close_p(&fd);
}

/* The id and the times of a run stand first in its order. */
static void
note_run(struct child *c, const struct frame *order)
{
    struct fields f = fields_of(buf_str(&order->body));

    field_z(&f, c->run_id, sizeof c->run_id);
    int64_t wall_ms = field_i64(&f, 1, INT64_C(1) << 40);
    int64_t rows_ms = field_i64(&f, 0, INT64_C(1) << 40);
    c->deadline.us = clock_mono().us + (wall_ms + rows_ms + GRACE_MS) * 1000;
}

static void
start_child(struct runner_state *r, const struct order_kind *kind, struct frame *order)
{
    struct child *c = free_slot(r);

    if (c == NULL) {
        refuse(order, "too many runs at once");
        return;
    }
    *c = (struct child){.deadline = FRAME_NO_DEADLINE};
    if (kind->is_run)
        note_run(c, order);
    c->pid = fork();
    if (c->pid == 0)
        become_child(r, kind, order);
    if (c->pid == -1) {
        c->pid = 0;
        refuse(order, "no process could be made");
    }
}

static void
cancel(struct runner_state *r, const struct frame *order)
{
    struct fields f = fields_of(buf_str(&order->body));
    char run_id[64];

    field_z(&f, run_id, sizeof run_id);
    for (size_t i = 0; i < CHILDREN_MAX; i++) {
        struct child *c = &r->children[i];
        if (c->pid != 0 && run_id[0] != 0 && strcmp(c->run_id, run_id) == 0)
            kill(c->pid, SIGKILL); /* its worker dies with it */
    }
}

static enum err
on_order(struct diag *d, struct runner_state *r)
{
    FRAME_SCOPE(order);

    order.fds_wanted = 2;
    TRY(frame_recv(d, r->orders_fd, FRAME_NO_DEADLINE, &order));
    if (order.type == FRAME_CANCEL) {
        cancel(r, &order);
        return ERR_OK;
    }
    for (size_t i = 0; i < ARRAY_N(order_kinds); i++) {
        if (order_kinds[i].type == order.type) {
            start_child(r, &order_kinds[i], &order);
            return ERR_OK;
        }
    }
    return FAIL(d, ERR_INVALID, "an order of an unknown kind");
}

static void
reap(struct runner_state *r)
{
    struct signalfd_siginfo drained;
    pid_t pid;

    if (read(r->signals_fd, &drained, sizeof drained) < 0 && errno != EAGAIN)
        log_event(LOG_WARN, "runner.signals", "%s", strerror(errno));
    while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
        for (size_t i = 0; i < CHILDREN_MAX; i++) {
            if (r->children[i].pid == pid)
                r->children[i].pid = 0;
        }
    }
}

/* Kills what is over its time; the milliseconds to the next deadline, -1: there is none. */
static int
watch_clock(struct runner_state *r)
{
    int64_t now = clock_mono().us, next = INT64_MAX;

    for (size_t i = 0; i < CHILDREN_MAX; i++) {
        struct child *c = &r->children[i];
        if (c->pid == 0 || c->deadline.us == INT64_MAX)
            continue;
        if (c->deadline.us <= now) {
            log_event(LOG_ERROR, "runner.overdue", "run %s is killed", c->run_id);
            kill(c->pid, SIGKILL);
            c->deadline = FRAME_NO_DEADLINE;
        } else if (c->deadline.us < next) {
            next = c->deadline.us;
        }
    }
    if (next == INT64_MAX)
        return -1;
    int64_t ms = (next - now) / 1000;
    return ms > INT_MAX / 2 ? INT_MAX / 2 : (int)ms + 1;
}

static enum err
watch_children(struct diag *d, struct runner_state *r)
{
    sigset_t child;

    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &child, NULL) == -1)
        return FAIL(d, ERR_SANDBOX, "sigprocmask: %s", strerror(errno));
    r->signals_fd = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    if (r->signals_fd == -1)
        return FAIL(d, ERR_SANDBOX, "signalfd: %s", strerror(errno));
    return ERR_OK;
}

enum err
runner_serve(struct diag *d, const struct broker_setup *s, int orders_fd)
{
    static struct runner_state r; /* one a process */

    r = (struct runner_state){.setup = s, .orders_fd = orders_fd};
    TRY(watch_children(d, &r));
    for (;;) {
        struct pollfd p[] = {{.fd = r.orders_fd, .events = POLLIN},
            {.fd = r.signals_fd, .events = POLLIN}};
        if (poll(p, ARRAY_N(p), watch_clock(&r)) == -1 && errno != EINTR)
            return FAIL(d, ERR_SANDBOX, "poll: %s", strerror(errno));
        if (p[1].revents != 0)
            reap(&r);
        if (p[0].revents != 0)
            TRY(on_order(d, &r));
    }
}
