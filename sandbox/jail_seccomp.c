/* jail_seccomp.c -- which system calls a jailed process may make: a table a role, and the
 * filter program made of it. What is not in the table kills the process.
 *
 * The filter refuses other architectures (i386 calls by int 0x80) and the x32 numbers. */
#include "sandbox/jail.h"

#include "datasite/base/check.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define THIS_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define THIS_ARCH AUDIT_ARCH_AARCH64
#else
#error "seccomp tables exist for x86_64 and aarch64"
#endif
#define X32_BIT     0x40000000U
#define PROGRAM_MAX 256

enum test {
    ANY,    /* whatever the arguments */
    IS,     /* the argument equals value */
    WITHIN, /* the argument has no bit beside value's */
    REFUSE  /* not made: the caller sees EACCES */
};

struct rule {
    int nr;
    enum test test;
    int arg;
    uint64_t value;
};

/* The Lua heap is one mapping made before: not even memory is asked for. */
static const struct rule worker_rules[] = {
    {SYS_read, IS, 0, JAIL_SOCKET},
    {SYS_write, IS, 0, JAIL_SOCKET},
    {SYS_exit_group, ANY, 0, 0},
#ifdef __SANITIZE_ADDRESS__ /* a sanitized worker maps shadow memory as it runs */
    {SYS_mmap, ANY, 0, 0},
    {SYS_munmap, ANY, 0, 0},
    {SYS_madvise, ANY, 0, 0},
    {SYS_sigaltstack, ANY, 0, 0},
    {SYS_write, IS, 0, 2},
#endif
};

static const struct rule broker_rules[] = {
    {SYS_recvmsg, ANY, 0, 0},
    {SYS_sendmsg, ANY, 0, 0},
    {SYS_write, IS, 0, STDERR_FILENO},
#ifdef SYS_poll
    {SYS_poll, ANY, 0, 0},
#endif
    {SYS_ppoll, ANY, 0, 0},
    {SYS_close, ANY, 0, 0},
    {SYS_wait4, ANY, 0, 0},
    {SYS_getrandom, ANY, 0, 0},
    {SYS_clock_gettime, ANY, 0, 0},
    {SYS_mmap, WITHIN, 2, PROT_READ | PROT_WRITE},
    {SYS_mprotect, WITHIN, 2, PROT_READ | PROT_WRITE},
    {SYS_munmap, ANY, 0, 0},
    {SYS_mremap, ANY, 0, 0},
    {SYS_madvise, ANY, 0, 0},
    {SYS_brk, ANY, 0, 0},
    {SYS_futex, ANY, 0, 0},
    {SYS_rt_sigreturn, ANY, 0, 0},
    {SYS_rt_sigprocmask, ANY, 0, 0},
    {SYS_getpid, ANY, 0, 0},
    {SYS_exit_group, ANY, 0, 0},
    {SYS_sysinfo, ANY, 0, 0},   /* qsort asks how much memory there is */
    {SYS_openat, REFUSE, 0, 0}, /* libc looks for time zones and locales */
    {SYS_newfstatat, REFUSE, 0, 0},
    {SYS_fstat, REFUSE, 0, 0},
#ifdef __SANITIZE_ADDRESS__
    {SYS_sigaltstack, ANY, 0, 0},
#endif
};

struct program {
    struct sock_filter at[PROGRAM_MAX];
    size_t n;
};

static void
emit(struct program *p, uint16_t code, uint32_t k, uint8_t if_true, uint8_t if_false)
{
    CHECK(p->n < PROGRAM_MAX);
    p->at[p->n++] = (struct sock_filter){code, if_true, if_false, k};
}

static void
load(struct program *p, size_t offset)
{
    emit(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void
answer(struct program *p, uint32_t with)
{
    emit(p, BPF_RET | BPF_K, with, 0, 0);
}

/* One half of a 64-bit argument; past `skip` further instructions where it differs. */
static void
match_half(struct program *p, const struct rule *r, size_t half, uint8_t skip)
{
    uint32_t value = (uint32_t)(r->value >> (32 * half));

    load(p, offsetof(struct seccomp_data, args) + (size_t)r->arg * 8 + half * 4);
    if (r->test == WITHIN) {
        emit(p, BPF_ALU | BPF_AND | BPF_K, ~value, 0, 0);
        value = 0;
    }
    emit(p, BPF_JMP | BPF_JEQ | BPF_K, value, 0, skip);
}

/* Entered and left with the call's number loaded. */
static void
add_rule(struct program *p, const struct rule *r)
{
    size_t half = r->test == WITHIN ? 3 : 2;

    switch (r->test) {
    case ANY:
    case REFUSE:
        emit(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)r->nr, 0, 1);
        answer(p, r->test == ANY ? SECCOMP_RET_ALLOW : SECCOMP_RET_ERRNO | EACCES);
        return;
    case IS:
    case WITHIN:
        emit(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)r->nr, 0, (uint8_t)(2 * half + 2));
        match_half(p, r, 0, (uint8_t)(half + 1));
        match_half(p, r, 1, 1);
        answer(p, SECCOMP_RET_ALLOW);
        load(p, offsetof(struct seccomp_data, nr));
        return;
    }
    UNREACHABLE();
}

static void
build(struct program *p, const struct jail *j)
{
    const struct rule kill_worker = {SYS_kill, IS, 0, (uint64_t)j->may_kill};
    bool worker = j->role == JAIL_WORKER;
    const struct rule *rules = worker ? worker_rules : broker_rules;
    size_t n = worker ? ARRAY_N(worker_rules) : ARRAY_N(broker_rules);

    load(p, offsetof(struct seccomp_data, arch));
    emit(p, BPF_JMP | BPF_JEQ | BPF_K, THIS_ARCH, 1, 0);
    answer(p, SECCOMP_RET_KILL_PROCESS);
    load(p, offsetof(struct seccomp_data, nr));
    emit(p, BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1);
    answer(p, SECCOMP_RET_KILL_PROCESS);
    for (size_t i = 0; i < n; i++)
        add_rule(p, &rules[i]);
    if (!worker && j->may_kill > 0)
        add_rule(p, &kill_worker);
    answer(p, SECCOMP_RET_KILL_PROCESS);
}

enum err
jail_seccomp(struct diag *d, const struct jail *j)
{
    struct program p = {.n = 0};

    build(&p, j);
    struct sock_fprog prog = {.len = (unsigned short)p.n, .filter = p.at};
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0) != 0)
        return FAIL(d, ERR_SANDBOX, "seccomp: %s", strerror(errno));
    return ERR_OK;
}
