/* worker.h -- starting a datasite-worker, and learning how it ended. */
#ifndef SANDBOX_RUNNER_WORKER_H
#define SANDBOX_RUNNER_WORKER_H

#include "datasite/base/err.h"
#include "datasite/base/units.h"
#include "sandbox/jail/jail.h"
#include "sandbox/jail/jail_ns.h"
#include "sandbox/wire/worker_role.h"

/* What every worker is started from. */
struct worker_home {
    int program_fd; /* datasite-worker: above the descriptors that a process starts with */
    struct jail_room room;
};
/* Outside of any room. */
enum err worker_home_open(
    struct diag *d, const char *exe, struct worker_home *out) NODISCARD;

struct worker {
    pid_t pid; /* 0: none, or reaped */
    int fd;    /* the broker's end of its only socket */
    struct jail_layers layers;
};
struct worker_limits {
    int64_t memory_bytes, cpu_ms;
    int probe; /* an attempt of jail_probe.h; -1: what the role says */
    enum worker_role role;
};

/* Returns when the program has been started; it jails itself meanwhile. */
enum err worker_start(struct diag *d, const struct worker_home *home,
    const struct worker_limits *limits, struct worker *out) NODISCARD;
/* Waits for the word that the jail is shut. ERR_SANDBOX: it could not be shut; the
 * worker is reaped and the text names the step. */
enum err worker_ready(
    struct diag *d, struct worker *w, struct monous deadline) NODISCARD;

enum worker_end {
    WORKER_EXITED,    /* status 0 */
    WORKER_FORBIDDEN, /* a system call outside the list */
    WORKER_CPU,       /* the processor limit */
    WORKER_KILLED,    /* from outside: us, or the kernel short of memory */
    WORKER_CRASHED    /* another signal or status: in *detail */
};
/* Reaps the worker, killing it first when told to. */
enum worker_end worker_reap(
    struct worker *w, bool kill_first, int64_t cpu_ms, int *detail);

#endif
