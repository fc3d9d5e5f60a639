/* worker.c -- starting a datasite-worker, and learning how it ended. */
#include "sandbox/runner/worker.h"

#include "datasite/base/check.h"
#include "datasite/base/fdio.h"
#include "sandbox/wire/frame.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The kernel counts its limit in ticks and its report in cycles: they differ by a good
 * part. A kill after half the limit is the limit's; before it, somebody else's. */
#define CPU_PART  2
#define EXIT_EXEC 127

static int64_t
cpu_seconds(int64_t ms)
{
    return ms <= 1000 ? 1 : (ms + 999) / 1000;
}

enum err
worker_home_open(struct diag *d, const char *exe, struct worker_home *out)
{
    FD_SCOPE(fd) = open(exe, O_PATH | O_CLOEXEC);

    *out = (struct worker_home){.program_fd = -1};
    if (fd == -1)
        return FAIL(d, ERR_SANDBOX, "%s: %s", exe, strerror(errno));
    out->program_fd = fcntl(fd, F_DUPFD_CLOEXEC, JAIL_SOCKET + 1);
    return out->program_fd != -1 ? ERR_OK
                                 : FAIL(d, ERR_SANDBOX, "dup: %s", strerror(errno));
}

/* In the child, between fork and exec. */
_Noreturn static void
become_worker(const struct worker_home *home, int fd, const struct worker_limits *l,
    unsigned namespaces)
{
    struct diag d = {0};
    static char name[] = "datasite-worker";
    char memory[24], cpu[24], spaces[24], probe[24];
    char role[2] = {(char)('0' + l->role), 0};
    char *argv[] = {
        name, memory, cpu, spaces, role, l->probe >= 0 ? probe : NULL, NULL};
    char *env[] = {NULL};

    snprintf(memory, sizeof memory, "%lld", (long long)l->memory_bytes);
    snprintf(cpu, sizeof cpu, "%lld", (long long)cpu_seconds(l->cpu_ms));
    snprintf(spaces, sizeof spaces, "%u", namespaces);
    snprintf(probe, sizeof probe, "%d", l->probe);
    bool there = fd == JAIL_SOCKET ? fcntl(fd, F_SETFD, 0) == 0
                                   : dup2(fd, JAIL_SOCKET) == JAIL_SOCKET;
    if (there && home->room.has_empty)
        there = jail_room_leave_files(&d) == ERR_OK;
    if (there)
        syscall(SYS_execveat, home->program_fd, "", argv, env, AT_EMPTY_PATH);
    _exit(EXIT_EXEC);
}

enum err
worker_start(struct diag *d, const struct worker_home *home,
    const struct worker_limits *limits, struct worker *out)
{
    int ends[2];

    *out = (struct worker){.fd = -1};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
        return FAIL(d, ERR_SANDBOX, "socketpair: %s", strerror(errno));
    out->pid = jail_ns_fork(&home->room, &out->layers.namespaces);
    if (out->pid == 0)
        become_worker(home, ends[1], limits, out->layers.namespaces);
    fd_close_p(&ends[1]);
    if (out->pid == -1) {
        fd_close_p(&ends[0]);
        out->pid = 0;
        return FAIL(d, ERR_SANDBOX, "fork: %s", strerror(errno));
    }
    out->fd = ends[0];
    return ERR_OK;
}

static enum err
not_ready(struct diag *d, struct worker *w)
{
    int detail;
    enum worker_end end = worker_reap(w, true, INT64_MAX, &detail);
    const char *step = end == WORKER_CRASHED ? jail_step_name(detail) : NULL;

    diag_clear(d);
    if (step != NULL) {
        return FAIL(
            d, ERR_SANDBOX, "the jail could not be shut at the step '%s'", step);
    }
    return FAIL(d, ERR_SANDBOX, "the worker did not start (%d)", detail);
}

enum err
worker_ready(struct diag *d, struct worker *w, struct monous deadline)
{
    FRAME_SCOPE(f);

    if (frame_recv(d, w->fd, deadline, &f) != ERR_OK || f.type != FRAME_READY)
        return not_ready(d, w);
    struct fields in = fields_of(buf_str(&f.body));
    w->layers.landlock_abi = (int)field_i64(&in, 0, 1000);
    (void)field_i64(&in, 0, UINT32_MAX);
    return fields_end(&in) ? ERR_OK : not_ready(d, w);
}

static int64_t
used_ms(const struct rusage *r)
{
    return (r->ru_utime.tv_sec + r->ru_stime.tv_sec) * 1000 +
        (r->ru_utime.tv_usec + r->ru_stime.tv_usec) / 1000;
}

enum worker_end
worker_reap(struct worker *w, bool kill_first, int64_t cpu_ms, int *detail)
{
    struct rusage usage = {0};
    int status = 0;
    pid_t got;

    *detail = 0;
    if (w->pid == 0)
        return WORKER_KILLED;
    if (kill_first)
        kill(w->pid, SIGKILL);
    do {
        got = wait4(w->pid, &status, 0, &usage);
    } while (got == -1 && errno == EINTR);
    w->pid = 0;
    fd_close_p(&w->fd);
    *detail = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
    if (!WIFSIGNALED(status))
        return *detail == 0 ? WORKER_EXITED : WORKER_CRASHED;
    if (*detail == SIGSYS)
        return WORKER_FORBIDDEN;
    if (*detail != SIGKILL && *detail != SIGXCPU)
        return WORKER_CRASHED;
    int64_t limit_ms = cpu_ms == INT64_MAX ? cpu_ms : cpu_seconds(cpu_ms) * 1000;
    return used_ms(&usage) >= limit_ms / CPU_PART ? WORKER_CPU : WORKER_KILLED;
}
