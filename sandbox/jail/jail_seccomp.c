/* jail_seccomp.c -- the filter program made of a role's table of system calls.
 *
 * It refuses other architectures (i386 calls by int 0x80) and the x32 numbers. */
#include "sandbox/jail/jail_calls.h"

#include "datasite/base/check.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define THIS_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define THIS_ARCH AUDIT_ARCH_AARCH64
#else
#error "seccomp tables exist for x86_64 and aarch64"
#endif
#define X32_BIT     0x40000000U
#define PROGRAM_MAX 512

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

/* One half of a 64-bit argument: to what follows where it is as value asks, past `skip`
 * instructions more where it is not. */
static void
match_half(struct program *p, const struct jail_rule *r, size_t half, uint8_t skip)
{
    uint32_t value = (uint32_t)(r->value >> (32 * half));

    load(p, offsetof(struct seccomp_data, args) + (size_t)r->arg * 8 + half * 4);
    if (r->test != JAIL_IS) {
        value = r->test == JAIL_WITHIN ? ~value : value;
        emit(p, BPF_ALU | BPF_AND | BPF_K, value, 0, 0);
        value = 0;
    }
    emit(p, BPF_JMP | BPF_JEQ | BPF_K, value, 0, skip);
}

/* Entered and left with the call's number loaded. A call whose argument does not fit goes
 * on to the rules that follow. */
static void
add_rule(struct program *p, const struct jail_rule *r)
{
    static const uint32_t answers[] = {[JAIL_ANY] = SECCOMP_RET_ALLOW,
        [JAIL_REFUSE] = SECCOMP_RET_ERRNO | EACCES,
        [JAIL_ABSENT] = SECCOMP_RET_ERRNO | ENOSYS};
    size_t half = r->test == JAIL_IS ? 2 : 3;

    switch (r->test) {
    case JAIL_ANY:
    case JAIL_REFUSE:
    case JAIL_ABSENT:
        emit(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)r->nr, 0, 1);
        answer(p, answers[r->test]);
        return;
    case JAIL_IS:
    case JAIL_WITHIN:
    case JAIL_WITHOUT:
        emit(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)r->nr, 0, (uint8_t)(2 * half + 2));
        match_half(p, r, 0, (uint8_t)(half + 1));
        match_half(p, r, 1, 1);
        answer(p, SECCOMP_RET_ALLOW);
        load(p, offsetof(struct seccomp_data, nr));
        break;
    }
    if (r->test == JAIL_WITHOUT) {
        emit(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)r->nr, 0, 1);
        answer(p, answers[JAIL_REFUSE]);
    }
}

/* Rules that hold a number of this process. */
static void
add_own_rules(struct program *p, const struct jail *j)
{
    if (j->may_kill > 0) {
        add_rule(p, &(struct jail_rule){SYS_kill, JAIL_IS, 0, (uint64_t)j->may_kill});
    }
    if (j->program_fd > 0) {
        add_rule(
            p, &(struct jail_rule){SYS_execveat, JAIL_IS, 0, (uint64_t)j->program_fd});
    }
}

static void
build(struct program *p, const struct jail *j)
{
    const struct jail_calls *calls = jail_calls_of(j->role);

    load(p, offsetof(struct seccomp_data, arch));
    emit(p, BPF_JMP | BPF_JEQ | BPF_K, THIS_ARCH, 1, 0);
    answer(p, SECCOMP_RET_KILL_PROCESS);
    load(p, offsetof(struct seccomp_data, nr));
    emit(p, BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1);
    answer(p, SECCOMP_RET_KILL_PROCESS);
    for (size_t i = 0; i < JAIL_LISTS_MAX; i++) {
        for (size_t k = 0; k < calls->lists[i].n; k++)
            add_rule(p, &calls->lists[i].rules[k]);
    }
    add_own_rules(p, j);
    answer(p, calls->else_made ? SECCOMP_RET_ALLOW : SECCOMP_RET_KILL_PROCESS);
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
