/* jail.c -- one-way doors, in the order in which they must shut. */
#include "sandbox/jail/jail.h"

#include "datasite/base/check.h"
#include "sandbox/jail/jail_ns.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NOBODY       65534
#define MEMORY_SLACK (INT64_C(32) << 20) /* program, stack, and what libc maps */

struct step {
    const char *name;
    enum err (*shut)(struct diag *d, const struct jail *j, struct jail_layers *got);
};

static enum err
failed(struct diag *d, const char *call)
{
    return FAIL(d, ERR_SANDBOX, "%s: %s", call, strerror(errno));
}

/* The parent may have died before this: then the socket's end of file ends us. */
static enum err
die_with_parent(struct diag *d, const struct jail *j, struct jail_layers *got)
{
    (void)j, (void)got;
    return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 ? ERR_OK : failed(d, "pdeathsig");
}

static enum err
close_descriptors(struct diag *d, const struct jail *j, struct jail_layers *got)
{
    (void)j, (void)got;
    if (syscall(SYS_close_range, 0, JAIL_SOCKET - 1, 0) != 0)
        return failed(d, "close_range");
    if (syscall(SYS_close_range, JAIL_SOCKET + 1, ~0U, 0) != 0)
        return failed(d, "close_range");
    return ERR_OK;
}

static enum err
clear_surroundings(struct diag *d, const struct jail *j, struct jail_layers *got)
{
    (void)j, (void)got;
    environ = NULL;
    umask(0777);
    return chdir("/") == 0 ? ERR_OK : failed(d, "chdir");
}

/* Root becomes nobody. In a user namespace we are nobody already. */
static enum err
drop_user(struct diag *d, const struct jail *j, struct jail_layers *got)
{
    (void)j, (void)got;
    if (geteuid() != 0)
        return ERR_OK;
    if (setgroups(0, NULL) != 0 || setresgid(NOBODY, NOBODY, NOBODY) != 0 ||
        setresuid(NOBODY, NOBODY, NOBODY) != 0)
        return failed(d, "setresuid");
    return ERR_OK;
}

/* Keeps no capability but these, and of these what there is. */
static enum err
keep_capabilities(struct diag *d, uint32_t these)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct have[2] = {{0}}, keep[2] = {{0}};

    if (syscall(SYS_capget, &head, have) != 0)
        return failed(d, "capget");
    keep[0].permitted = have[0].permitted & these;
    keep[0].effective = keep[0].permitted;
    return syscall(SYS_capset, &head, keep) == 0 ? ERR_OK : failed(d, "capset");
}

/* The broker stays who it is, because it must be able to kill its worker. */
static enum err
drop_capabilities(struct diag *d, const struct jail *j, struct jail_layers *got)
{
    (void)j, (void)got;
    return keep_capabilities(d, UINT32_C(1) << CAP_KILL);
}

/* The runner's children become nobody, leave their files and are killed; the folder of
 * the vault may be another's. */
static enum err
runner_capabilities(struct diag *d, const struct jail *j, struct jail_layers *got)
{
    (void)j, (void)got;
    return keep_capabilities(d,
        UINT32_C(1) << CAP_KILL | UINT32_C(1) << CAP_SETUID |
            UINT32_C(1) << CAP_SETGID | UINT32_C(1) << CAP_SYS_CHROOT |
            UINT32_C(1) << CAP_DAC_OVERRIDE | UINT32_C(1) << CAP_FOWNER |
            UINT32_C(1) << CAP_CHOWN);
}

static enum err
leave_files(struct diag *d, const struct jail *j, struct jail_layers *got)
{
    (void)got;
    return j->has_empty ? jail_room_leave_files(d) : ERR_OK;
}

static enum err
no_new_privileges(struct diag *d, const struct jail *j, struct jail_layers *got)
{
    (void)j, (void)got;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return failed(d, "no_new_privs");
    return ERR_OK;
}

static enum err
landlock(struct diag *d, const struct jail *j, struct jail_layers *got)
{
    return jail_landlock(d, j, &got->landlock_abi);
}

static enum err
limit(struct diag *d, int what, int64_t most)
{
    struct rlimit r = {(rlim_t)most, (rlim_t)most};

    return setrlimit((__rlimit_resource_t)what, &r) == 0 ? ERR_OK : failed(d, "rlimit");
}

/* Soft and hard CPU limits are equal: the kernel then sends SIGKILL, which the first
 * process of a pid namespace cannot ignore, and not SIGXCPU, which it would. */
static enum err
worker_limits(struct diag *d, const struct jail *j, struct jail_layers *got)
{
    static const int none[] = {RLIMIT_FSIZE, RLIMIT_CORE, RLIMIT_NOFILE, RLIMIT_NPROC,
        RLIMIT_MEMLOCK, RLIMIT_MSGQUEUE, RLIMIT_NICE, RLIMIT_RTPRIO};

    (void)got;
#ifndef __SANITIZE_ADDRESS__ /* its shadow is larger than any ceiling */
    TRY(limit(d, RLIMIT_AS, j->memory_bytes + MEMORY_SLACK));
#endif
    TRY(limit(d, RLIMIT_CPU, j->cpu_s));
    for (size_t i = 0; i < ARRAY_N(none); i++)
        TRY(limit(d, none[i], 0));
    return ERR_OK;
}

/* No limit on file size: standard error may be a file, and a log line must not kill. */
static enum err
few_limits(struct diag *d, const struct jail *j, struct jail_layers *got)
{
    static const int none[] = {RLIMIT_CORE, RLIMIT_MSGQUEUE};

    (void)j, (void)got;
    for (size_t i = 0; i < ARRAY_N(none); i++)
        TRY(limit(d, none[i], 0));
    return ERR_OK;
}

static enum err
not_dumpable(struct diag *d, const struct jail *j, struct jail_layers *got)
{
    (void)j, (void)got;
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 ? ERR_OK : failed(d, "dumpable");
}

/* Not even the processor's cycle counter tells the time. Virtual machines may refuse. */
static enum err
no_cycle_counter(struct diag *d, const struct jail *j, struct jail_layers *got)
{
    (void)d, (void)j, (void)got;
#ifdef __x86_64__
    (void)prctl(PR_SET_TSC, PR_TSC_SIGSEGV, 0, 0, 0);
#endif
    return ERR_OK;
}

static enum err
seccomp(struct diag *d, const struct jail *j, struct jail_layers *got)
{
    (void)got;
    return jail_seccomp(d, j);
}

/* The user first: changing it clears the parent-death signal. */
static const struct step steps[] = {
    {"user", drop_user},
    {"parent", die_with_parent},
    {"descriptors", close_descriptors},
    {"surroundings", clear_surroundings},
    {"privileges", no_new_privileges},
    {"landlock", landlock},
    {"limits", worker_limits},
    {"dumpable", not_dumpable},
    {"cycles", no_cycle_counter},
    {"seccomp", seccomp},
};
#define WORKER_ISOLATE_N 6

static const struct step broker_steps[] = {
    {"files", leave_files},
    {"capabilities", drop_capabilities},
    {"parent", die_with_parent},
    {"privileges", no_new_privileges},
    {"landlock", landlock},
    {"limits", few_limits},
    {"dumpable", not_dumpable},
    {"seccomp", seccomp},
};

/* Its worker is started with the runner's rights, and loses them by itself. */
static const struct step starter_steps[] = {
    {"parent", die_with_parent},
    {"privileges", no_new_privileges},
    {"landlock", landlock},
    {"limits", few_limits},
    {"dumpable", not_dumpable},
    {"seccomp", seccomp},
};

static const struct step runner_steps[] = {
    {"capabilities", runner_capabilities},
    {"parent", die_with_parent},
    {"privileges", no_new_privileges},
    {"landlock", landlock},
    {"limits", few_limits},
    {"dumpable", not_dumpable},
    {"seccomp", seccomp},
};

static const struct step server_steps[] = {
    {"privileges", no_new_privileges},
    {"landlock", landlock},
    {"limits", few_limits},
    {"dumpable", not_dumpable},
    {"seccomp", seccomp},
};

static enum err
shut(struct diag *d, struct jail *j, struct jail_layers *got, const struct step *list,
    size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        j->status = JAIL_EXIT_FIRST + (int)i;
        TRY(list[i].shut(d, j, got));
    }
    j->status = 0;
    return ERR_OK;
}

enum err
jail_isolate(struct diag *d, struct jail *j, struct jail_layers *got)
{
    CHECK(j->role == JAIL_WORKER);
    return shut(d, j, got, steps, 0, WORKER_ISOLATE_N);
}

enum err
jail_seal(struct diag *d, struct jail *j)
{
    static const struct {
        const struct step *steps;
        size_t from, to;
    } seals[] = {
        [JAIL_WORKER] = {steps, WORKER_ISOLATE_N, ARRAY_N(steps)},
        [JAIL_BROKER] = {broker_steps, 0, ARRAY_N(broker_steps)},
        [JAIL_STARTER] = {starter_steps, 0, ARRAY_N(starter_steps)},
        [JAIL_RUNNER] = {runner_steps, 0, ARRAY_N(runner_steps)},
        [JAIL_SERVER] = {server_steps, 0, ARRAY_N(server_steps)},
    };
    struct jail_layers unused = {0};

    CHECK((size_t)j->role < ARRAY_N(seals));
    return shut(
        d, j, &unused, seals[j->role].steps, seals[j->role].from, seals[j->role].to);
}

const char *
jail_step_name(int status)
{
    int i = status - JAIL_EXIT_FIRST;

    return i >= 0 && (size_t)i < ARRAY_N(steps) ? steps[i].name : NULL;
}

void
jail_level(const struct jail_layers *got, char out[128])
{
    static const struct {
        unsigned flag;
        const char *name;
    } spaces[] = {
        {CLONE_NEWUSER, "user"},
        {CLONE_NEWPID, "pid"},
        {CLONE_NEWNET, "net"},
        {CLONE_NEWIPC, "ipc"},
        {CLONE_NEWUTS, "uts"},
        {CLONE_NEWNS, "mount"},
    };
    const char *between = ", ";
    int n = snprintf(out, 128, "seccomp");

    if (got->landlock_abi > 0)
        n += snprintf(out + n, 128 - (size_t)n, ", landlock %d", got->landlock_abi);
    for (size_t i = 0; i < ARRAY_N(spaces); i++) {
        if (!(got->namespaces & spaces[i].flag))
            continue;
        n += snprintf(out + n, 128 - (size_t)n, "%s%s", between, spaces[i].name);
        between = "+";
    }
    if (between[0] == '+')
        snprintf(out + n, 128 - (size_t)n, " namespaces");
}
