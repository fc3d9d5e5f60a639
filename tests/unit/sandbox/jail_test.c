/* jail_test.c -- the worker's memory, its jail's steps, and its protocol when the peer
 * misbehaves. What the jail forbids is tried by the self-test (runner_test.c). */
#include "datasite/base/check.h"
#include "datasite/base/clock.h"
#include "sandbox/frame.h"
#include "sandbox/jail.h"
#include "sandbox/jail_heap.h"
#include "sandbox/worker.h"

#include <criterion/criterion.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define HEAP_BYTES (1 << 20)
#define SLOTS      256

static uint64_t
step(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

Test(jail_heap, random_use_keeps_contents_and_structure)
{
    static struct {
        unsigned char *p;
        size_t n;
        unsigned char fill;
    } slots[SLOTS];
    struct jail_heap *h = jail_heap_map(HEAP_BYTES);
    uint64_t state = 42;

    cr_assert_not_null(h);
    for (int round = 0; round < 200000; round++) {
        size_t i = step(&state) % SLOTS,
               n = step(&state) % 4 == 0 ? 0 : step(&state) % 9000;
        unsigned char *p = jail_heap_alloc(h, slots[i].p, slots[i].n, n);
        if (n > 0 && p == NULL)
            continue; /* full: the old block is untouched */
        size_t kept = slots[i].n < n ? slots[i].n : n;
        for (size_t k = 0; k < kept; k++)
            cr_assert_eq(p[k], slots[i].fill);
        cr_assert_eq((uintptr_t)p % 16, 0);
        slots[i].fill = (unsigned char)step(&state);
        if (n > 0)
            memset(p, slots[i].fill, n);
        slots[i].p = p;
        slots[i].n = n;
        if (round % 1000 == 0)
            jail_heap_check(h);
    }
    for (size_t i = 0; i < SLOTS; i++)
        jail_heap_alloc(h, slots[i].p, slots[i].n, 0);
    jail_heap_check(h);
    cr_assert_eq(jail_heap_used(h), 0);
    cr_assert_not_null(
        jail_heap_alloc(h, NULL, 0, HEAP_BYTES * 3 / 4)); /* all joined */
}

Test(jail_heap, ceilings_and_edges)
{
    struct jail_heap *h = jail_heap_map(HEAP_BYTES);
    void *p = jail_heap_alloc(h, NULL, 0, 100);

    cr_assert_null(jail_heap_alloc(h, NULL, 0, HEAP_BYTES));
    cr_assert_null(jail_heap_alloc(h, NULL, 0, SIZE_MAX));
    cr_assert_null(jail_heap_alloc(h, p, 100, SIZE_MAX - 8));
    cr_assert_null(jail_heap_alloc(h, NULL, 0, 0));
    cr_assert_eq(jail_heap_alloc(h, p, 100, 10), p); /* shrinking stays in place */
    jail_heap_check(h);
    cr_assert_null(jail_heap_over(p, 16));
}

/* Runs a child under the broker's filter; its wait status. */
static int
under_filter(void (*attempt)(void))
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        struct diag d = {0};
        struct jail j = {.role = JAIL_BROKER, .may_kill = 1 << 21};
        if (jail_seal(&d, &j) != ERR_OK)
            _exit(99);
        attempt();
        _exit(0);
    }
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    return status;
}

static void
allocate(void)
{
    char *p = malloc(8 << 20);

    memset(p, 1, 8 << 20);
    free(p);
}

static void
open_quietly(void)
{
    if (syscall(SYS_openat, -100, "/etc/passwd", 0, 0) >= 0)
        _exit(98);
}

static void
make_socket(void)
{
    socket(AF_INET, SOCK_STREAM, 0);
}

static void
make_process(void)
{
    syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static void
run_program(void)
{
    char *none[] = {NULL};

    execve("/bin/true", none, none);
}

static void
kill_others(void)
{
    kill(getppid(), 0);
}

static void
map_code(void)
{
    syscall(SYS_mmap, 0, 4096, 7, 0x22, -1, 0);
}

Test(jail, the_broker_may_compute_but_not_reach_out)
{
    static void (*const forbidden[])(void) = {
        make_socket, make_process, run_program, kill_others, map_code};

    cr_assert_eq(under_filter(allocate), 0);
    cr_assert_eq(under_filter(open_quietly), 0);
    for (size_t i = 0; i < ARRAY_N(forbidden); i++) {
        int status = under_filter(forbidden[i]);
        cr_assert(
            WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS, "%zu: %x", i, status);
    }
}

Test(jail, levels_and_steps_have_names)
{
    char text[128];
    struct jail_layers l = {0, 0};

    jail_level(&l, text);
    cr_assert_str_eq(text, "seccomp");
    l = (struct jail_layers){7, CLONE_NEWPID | CLONE_NEWNET};
    jail_level(&l, text);
    cr_assert_str_eq(text, "seccomp, landlock 7, pid+net namespaces");
    cr_assert_null(jail_step_name(0));
    cr_assert_null(jail_step_name(JAIL_EXIT_FIRST + 99));
    cr_assert_str_eq(jail_step_name(JAIL_EXIT_FIRST), "user");
}

static const char *
worker_exe(void)
{
    static char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 64);

    CHECK(n > 0);
    path[n] = 0;
    strcpy(strrchr(path, '/'), "/datasite-worker");
    if (access(path, X_OK) != 0)
        cr_skip_test("datasite-worker is not built");
    return path;
}

static struct worker
ready_worker(void)
{
    struct worker_limits l = {8 << 20, 1000, -1, WORKER_JOB};
    struct worker w;
    struct diag d = {0};

    cr_assert_eq(worker_start(&d, worker_exe(), &l, &w), ERR_OK, "%s", d.text);
    cr_assert_eq(worker_ready(&d, &w, (struct monous){clock_mono().us + 5000000}),
        ERR_OK, "%s", d.text);
    return w;
}

Test(worker, ends_when_its_peer_misbehaves_or_leaves)
{
    static const struct {
        const char *bytes;
        size_t n;
    } said[] = {
        {"", 0}, {"\1\2\3", 3}, {"\0\0\0\0\377\0\0\0", 8}, {"\0\0\0\0\17\0\0\0", 8}};
    int detail;

    for (size_t i = 0; i < ARRAY_N(said); i++) {
        struct worker w = ready_worker();
        cr_assert_eq(write(w.fd, said[i].bytes, said[i].n), (ssize_t)said[i].n);
        shutdown(w.fd, SHUT_WR);
        cr_assert_eq(worker_reap(&w, false, 1000, &detail), WORKER_CRASHED);
        cr_assert_eq(detail, 72); /* EXIT_PROTOCOL of worker_main.c */
    }
}

Test(worker, one_that_cannot_start_is_told)
{
    struct worker_limits l = {8 << 20, 1000, -1, WORKER_JOB};
    struct worker w;
    struct diag d = {0};

    cr_assert_eq(worker_start(&d, "/nonexistent/worker", &l, &w), ERR_OK);
    cr_assert_eq(
        worker_ready(&d, &w, (struct monous){clock_mono().us + 5000000}), ERR_SANDBOX);
    cr_assert_eq(w.pid, 0);
}
