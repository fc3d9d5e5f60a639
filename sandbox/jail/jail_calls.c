/* jail_calls.c -- which system calls a role may make.
 *
 * A filter is inherited by what its process starts: a list holds whatever its children
 * need until their own is shut, and theirs can only be shorter. */
#include "sandbox/jail/jail_calls.h"

#include "datasite/base/check.h"

#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SPACES                                                               \
    ((uint64_t)(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | \
        CLONE_NEWUTS | CLONE_NEWNS | CLONE_NEWCGROUP))
/* Processes, never threads. */
#define FORK (SPACES | SIGCHLD | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID)
#define DATA (PROT_READ | PROT_WRITE)

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#endif

/* The Lua heap is one mapping made before: not even memory is asked for. */
static const struct jail_rule worker_rules[] = {
    {SYS_read, JAIL_IS, 0, JAIL_SOCKET},
    {SYS_write, JAIL_IS, 0, JAIL_SOCKET},
    {SYS_exit_group, JAIL_ANY, 0, 0},
#ifdef SANITIZED /* a sanitized worker maps shadow memory as it runs */
    {SYS_mmap, JAIL_ANY, 0, 0},
    {SYS_munmap, JAIL_ANY, 0, 0},
    {SYS_madvise, JAIL_ANY, 0, 0},
    {SYS_sigaltstack, JAIL_ANY, 0, 0},
    {SYS_write, JAIL_IS, 0, STDERR_FILENO},
#endif
};

/* To talk on sockets that are there, and to compute. */
static const struct jail_rule broker_rules[] = {
    {SYS_recvmsg, JAIL_ANY, 0, 0},
    {SYS_sendmsg, JAIL_ANY, 0, 0},
    {SYS_write, JAIL_IS, 0, STDERR_FILENO},
#ifdef SYS_poll
    {SYS_poll, JAIL_ANY, 0, 0},
#endif
    {SYS_ppoll, JAIL_ANY, 0, 0},
    {SYS_close, JAIL_ANY, 0, 0},
    {SYS_wait4, JAIL_ANY, 0, 0},
    {SYS_getrandom, JAIL_ANY, 0, 0},
    {SYS_clock_gettime, JAIL_ANY, 0, 0},
    {SYS_mmap, JAIL_WITHIN, 2, DATA},
    {SYS_mprotect, JAIL_WITHIN, 2, DATA},
    {SYS_munmap, JAIL_ANY, 0, 0},
    {SYS_mremap, JAIL_ANY, 0, 0},
    {SYS_madvise, JAIL_ANY, 0, 0},
    {SYS_brk, JAIL_ANY, 0, 0},
    {SYS_futex, JAIL_ANY, 0, 0},
    {SYS_restart_syscall, JAIL_ANY, 0, 0},
    {SYS_rt_sigreturn, JAIL_ANY, 0, 0},
    {SYS_rt_sigprocmask, JAIL_ANY, 0, 0},
    {SYS_getpid, JAIL_ANY, 0, 0},
    {SYS_exit_group, JAIL_ANY, 0, 0},
    {SYS_sysinfo, JAIL_ANY, 0, 0},   /* qsort asks how much memory there is */
    {SYS_openat, JAIL_REFUSE, 0, 0}, /* libc looks for time zones and locales */
    {SYS_newfstatat, JAIL_REFUSE, 0, 0},
    {SYS_fstat, JAIL_REFUSE, 0, 0},
#ifdef SANITIZED
    {SYS_sigaltstack, JAIL_ANY, 0, 0},
#endif
};

/* To start the one program that the jail names, and what that needs until it is jailed. */
static const struct jail_rule launch_rules[] = {
    {SYS_socketpair, JAIL_IS, 0, AF_UNIX},
    {SYS_clone, JAIL_WITHIN, 0, FORK},
    {SYS_kill, JAIL_ANY, 0, 0},
    {SYS_chroot, JAIL_ANY, 0, 0},
    {SYS_chdir, JAIL_ANY, 0, 0},
#ifdef SYS_dup2
    {SYS_dup2, JAIL_ANY, 0, 0},
#endif
    {SYS_dup3, JAIL_ANY, 0, 0},
    {SYS_fcntl, JAIL_ANY, 0, 0},
    {SYS_read, JAIL_ANY, 0, 0},
    {SYS_write, JAIL_ANY, 0, 0},
    {SYS_close_range, JAIL_ANY, 0, 0},
    {SYS_umask, JAIL_ANY, 0, 0},
    {SYS_getppid, JAIL_ANY, 0, 0},
    {SYS_gettid, JAIL_ANY, 0, 0},
    {SYS_geteuid, JAIL_ANY, 0, 0},
    {SYS_setgroups, JAIL_ANY, 0, 0},
    {SYS_setresuid, JAIL_ANY, 0, 0},
    {SYS_setresgid, JAIL_ANY, 0, 0},
    {SYS_capget, JAIL_ANY, 0, 0},
    {SYS_capset, JAIL_ANY, 0, 0},
    {SYS_prctl, JAIL_ANY, 0, 0},
    {SYS_prlimit64, JAIL_IS, 0, 0}, /* of ourselves */
    {SYS_rt_sigaction, JAIL_ANY, 0, 0},
    {SYS_set_tid_address, JAIL_ANY, 0, 0},
    {SYS_set_robust_list, JAIL_ANY, 0, 0},
#ifdef SYS_rseq
    {SYS_rseq, JAIL_ANY, 0, 0},
#endif
#ifdef SYS_arch_prctl
    {SYS_arch_prctl, JAIL_ANY, 0, 0},
#endif
#ifdef SYS_readlink
    {SYS_readlink, JAIL_ANY, 0, 0},
#endif
    {SYS_readlinkat, JAIL_ANY, 0, 0},
    {SYS_landlock_create_ruleset, JAIL_ANY, 0, 0},
    {SYS_landlock_add_rule, JAIL_ANY, 0, 0},
    {SYS_landlock_restrict_self, JAIL_ANY, 0, 0},
};

/* To hear of children's ends, and SQLite on the vault. */
static const struct jail_rule runner_rules[] = {
    {SYS_signalfd4, JAIL_ANY, 0, 0}, {SYS_openat, JAIL_ANY, 0, 0},
    {SYS_newfstatat, JAIL_ANY, 0, 0}, {SYS_fstat, JAIL_ANY, 0, 0},
#ifdef SYS_access
    {SYS_access, JAIL_ANY, 0, 0}, {SYS_unlink, JAIL_ANY, 0, 0},
#endif
    {SYS_faccessat, JAIL_ANY, 0, 0}, {SYS_faccessat2, JAIL_ANY, 0, 0},
    {SYS_unlinkat, JAIL_ANY, 0, 0}, {SYS_getcwd, JAIL_ANY, 0, 0},
    {SYS_lseek, JAIL_ANY, 0, 0}, {SYS_pread64, JAIL_ANY, 0, 0},
    {SYS_pwrite64, JAIL_ANY, 0, 0}, {SYS_ftruncate, JAIL_ANY, 0, 0},
    {SYS_fallocate, JAIL_ANY, 0, 0}, {SYS_fsync, JAIL_ANY, 0, 0},
    {SYS_fdatasync, JAIL_ANY, 0, 0}, {SYS_fchmod, JAIL_ANY, 0, 0},
    {SYS_fchown, JAIL_ANY, 0, 0}, {SYS_fstatfs, JAIL_ANY, 0, 0},
    {SYS_mlock, JAIL_ANY, 0, 0}, /* where keys are */
    {SYS_munlock, JAIL_ANY, 0, 0}, {SYS_mprotect, JAIL_WITHIN, 2, DATA},
    {SYS_getuid, JAIL_ANY, 0, 0}, {SYS_uname, JAIL_ANY, 0, 0},
    {SYS_nanosleep, JAIL_ANY, 0, 0}, /* while another child writes */
    {SYS_clock_nanosleep, JAIL_ANY, 0, 0}, {SYS_sched_yield, JAIL_ANY, 0, 0},
    {SYS_getrusage, JAIL_ANY, 0, 0}, {SYS_tgkill, JAIL_ANY, 0, 0}, /* to abort */
};

/* What no server does, and what one that was taken over would do next. */
static const struct jail_rule server_rules[] = {
    {SYS_execve, JAIL_REFUSE, 0, 0},
    {SYS_execveat, JAIL_REFUSE, 0, 0},
    {SYS_clone3, JAIL_ABSENT, 0, 0}, /* its flags lie in memory: libc takes clone */
    {SYS_clone, JAIL_WITHOUT, 0, SPACES},
    {SYS_unshare, JAIL_REFUSE, 0, 0},
    {SYS_setns, JAIL_REFUSE, 0, 0},
#ifndef SANITIZED /* looking for leaks is tracing oneself */
    {SYS_ptrace, JAIL_REFUSE, 0, 0},
#endif
    {SYS_process_vm_readv, JAIL_REFUSE, 0, 0},
    {SYS_process_vm_writev, JAIL_REFUSE, 0, 0},
    {SYS_pidfd_getfd, JAIL_REFUSE, 0, 0},
    {SYS_mount, JAIL_REFUSE, 0, 0},
    {SYS_umount2, JAIL_REFUSE, 0, 0},
    {SYS_pivot_root, JAIL_REFUSE, 0, 0},
    {SYS_chroot, JAIL_REFUSE, 0, 0},
    {SYS_move_mount, JAIL_REFUSE, 0, 0},
    {SYS_open_tree, JAIL_REFUSE, 0, 0},
    {SYS_fsopen, JAIL_REFUSE, 0, 0},
    {SYS_bpf, JAIL_REFUSE, 0, 0},
    {SYS_perf_event_open, JAIL_REFUSE, 0, 0},
    {SYS_userfaultfd, JAIL_REFUSE, 0, 0},
    {SYS_io_uring_setup, JAIL_REFUSE, 0, 0},
    {SYS_keyctl, JAIL_REFUSE, 0, 0},
    {SYS_add_key, JAIL_REFUSE, 0, 0},
    {SYS_request_key, JAIL_REFUSE, 0, 0},
    {SYS_kexec_load, JAIL_REFUSE, 0, 0},
#ifdef SYS_kexec_file_load
    {SYS_kexec_file_load, JAIL_REFUSE, 0, 0},
#endif
#ifdef SYS_iopl /* a processor with ports, which lead past the kernel */
    {SYS_iopl, JAIL_REFUSE, 0, 0},
    {SYS_ioperm, JAIL_REFUSE, 0, 0},
#endif
#ifdef SYS_mount_setattr
    {SYS_mount_setattr, JAIL_REFUSE, 0, 0},
#endif
    {SYS_init_module, JAIL_REFUSE, 0, 0},
    {SYS_finit_module, JAIL_REFUSE, 0, 0},
    {SYS_delete_module, JAIL_REFUSE, 0, 0},
    {SYS_reboot, JAIL_REFUSE, 0, 0},
    {SYS_swapon, JAIL_REFUSE, 0, 0},
    {SYS_swapoff, JAIL_REFUSE, 0, 0}, /* pages that were swapped lie open */
    {SYS_settimeofday, JAIL_REFUSE, 0, 0},
    {SYS_clock_settime, JAIL_REFUSE, 0, 0},
    {SYS_adjtimex, JAIL_REFUSE, 0, 0},
    {SYS_clock_adjtime, JAIL_REFUSE, 0, 0},
    {SYS_sethostname, JAIL_REFUSE, 0, 0},
    {SYS_setdomainname, JAIL_REFUSE, 0, 0},
    {SYS_personality, JAIL_REFUSE, 0, 0},
    {SYS_open_by_handle_at, JAIL_REFUSE, 0, 0},
    {SYS_acct, JAIL_REFUSE, 0, 0},
    {SYS_quotactl, JAIL_REFUSE, 0, 0},
};

#define LIST(rules)               \
    {                             \
        (rules), ARRAY_N((rules)) \
    }

static const struct jail_calls calls[] = {
    [JAIL_WORKER] = {{LIST(worker_rules)}, false},
    [JAIL_BROKER] = {{LIST(broker_rules)}, false},
    [JAIL_STARTER] = {{LIST(launch_rules), LIST(broker_rules)}, false},
    [JAIL_RUNNER] = {{LIST(runner_rules), LIST(launch_rules), LIST(broker_rules)},
        false},
    [JAIL_SERVER] = {{LIST(server_rules)}, true},
};

const struct jail_calls *
jail_calls_of(enum jail_role role)
{
    CHECK((size_t)role < ARRAY_N(calls));
    return &calls[role];
}
