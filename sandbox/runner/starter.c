/* starter.c -- starts row processes for a broker whose jail is shut. */
#include "sandbox/runner/starter.h"

#include "datasite/base/fdio.h"
#include "datasite/base/log.h"
#include "sandbox/wire/frame.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define STARTER_FD 3

/* ---- the starter ---- */

static enum err
hire(struct diag *d, const struct worker_home *home, struct worker slots[],
    struct fields *f)
{
    size_t i = (size_t)field_i64(f, 0, STARTER_SLOTS - 1);
    struct worker_limits l = {.probe = -1};
    enum err e;

    l.role = (enum worker_role)field_i64(f, WORKER_MAP, WORKER_BLOCK);
    l.memory_bytes = field_i64(f, 1 << 20, INT64_C(1) << 40);
    l.cpu_ms = field_i64(f, 1, INT64_C(1) << 40);
    if (!fields_end(f) || slots[i].pid != 0)
        return FAIL(d, ERR_INVALID, "a row process that cannot be started");
    TRY(worker_start(d, home, &l, &slots[i]));
    e = frame_send(
        d, STARTER_FD, FRAME_NO_DEADLINE, FRAME_HIRED, STR(""), &slots[i].fd, 1);
    fd_close_p(&slots[i].fd); /* the broker's now */
    return e;
}

static enum err
dismiss(struct diag *d, struct worker slots[], struct fields *f)
{
    size_t i = (size_t)field_i64(f, 0, STARTER_SLOTS - 1);
    int detail;

    if (!fields_end(f))
        return FAIL(d, ERR_INVALID, "a row process that cannot be dismissed");
    (void)worker_reap(&slots[i], true, INT64_MAX, &detail);
    return frame_send(
        d, STARTER_FD, FRAME_NO_DEADLINE, FRAME_DISMISSED, STR(""), NULL, 0);
}

static enum err
serve_one(struct diag *d, const struct worker_home *home, struct worker slots[])
{
    FRAME_SCOPE(in);

    TRY(frame_recv(d, STARTER_FD, FRAME_NO_DEADLINE, &in));
    struct fields f = fields_of(buf_str(&in.body));
    if (in.type == FRAME_HIRE)
        return hire(d, home, slots, &f);
    if (in.type == FRAME_DISMISS)
        return dismiss(d, slots, &f);
    return FAIL(d, ERR_INVALID, "a message that is not for a starter");
}

/* All but its socket, the program, and where its log goes. */
static bool
close_others(int program_fd)
{
    unsigned first = STARTER_FD + 1, program = (unsigned)program_fd;

    if (program > first && syscall(SYS_close_range, first, program - 1, 0) != 0)
        return false;
    return syscall(SYS_close_range, program + 1, ~0U, 0) == 0;
}

/* Those that it started die with it. */
_Noreturn static void
starter_main(const struct worker_home *home, int fd)
{
    struct worker slots[STARTER_SLOTS] = {{0}};
    struct jail jail = {.role = JAIL_STARTER, .program_fd = home->program_fd};
    struct diag d = {0};

    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() == 1)
        _exit(1);
    if (fd != STARTER_FD && dup3(fd, STARTER_FD, O_CLOEXEC) == -1)
        _exit(1);
    if (!close_others(home->program_fd))
        _exit(1);
    if (jail_seal(&d, &jail) != ERR_OK) {
        log_diag(LOG_ERROR, "starter.jail", &d);
        _exit(1);
    }
    while (serve_one(&d, home, slots) == ERR_OK)
        ;
    _exit(0);
}

enum err
starter_fork(struct diag *d, const struct worker_home *home, int *fd)
{
    int ends[2];
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
        return FAIL(d, ERR_SANDBOX, "socketpair: %s", strerror(errno));
    pid = fork();
    if (pid == 0)
        starter_main(home, ends[1]);
    fd_close_p(&ends[1]);
    *fd = ends[0];
    return pid != -1 ? ERR_OK : FAIL(d, ERR_SANDBOX, "fork: %s", strerror(errno));
}

/* ---- the broker's side ---- */

static enum err
converse(struct diag *d, int fd, struct monous deadline, enum frame_type what,
    const struct buf *body, enum frame_type want, struct frame *in)
{
    TRY(frame_send(d, fd, deadline, what, buf_str(body), NULL, 0));
    TRY(frame_recv(d, fd, deadline, in));
    return in->type == want ? ERR_OK
                            : FAIL(d, ERR_SANDBOX, "the starter answered out of turn");
}

enum err
starter_hire(struct diag *d, int fd, struct monous deadline, size_t i,
    const struct worker_limits *limits, int *out)
{
    BUF_SCOPE(body);
    FRAME_SCOPE(in);

    buf_init(&body, 64);
    field_put_i64(&body, (int64_t)i);
    field_put_i64(&body, limits->role);
    field_put_i64(&body, limits->memory_bytes);
    field_put_i64(&body, limits->cpu_ms);
    in.fds_wanted = 1;
    TRY(converse(d, fd, deadline, FRAME_HIRE, &body, FRAME_HIRED, &in));
    *out = frame_take_fd(&in, 0);
    return *out != -1 ? ERR_OK : FAIL(d, ERR_SANDBOX, "a row process without a socket");
}

enum err
starter_dismiss(struct diag *d, int fd, struct monous deadline, size_t i)
{
    BUF_SCOPE(body);
    FRAME_SCOPE(in);

    buf_init(&body, 64);
    field_put_i64(&body, (int64_t)i);
    return converse(d, fd, deadline, FRAME_DISMISS, &body, FRAME_DISMISSED, &in);
}
