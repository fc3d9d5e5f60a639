/* jail_test.c -- the worker's memory, the jails of the other processes, and the worker's
 * protocol when the peer misbehaves. What its own jail forbids is tried by the self-test
 * (runner_test.c) and by attack_test.c. */
#include "datasite/base/check.h"
#include "datasite/base/clock.h"
#include "datasite/base/fdio.h"
#include "sandbox/jail/jail.h"
#include "sandbox/runner/worker.h"
#include "sandbox/wire/frame.h"
#include "sandbox/worker/jail_heap.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
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

/* Runs a child whose jail is shut; its wait status. */
static int
under_jail(const struct jail *as, void (*attempt)(void))
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        struct diag d = {0};
        struct jail j = *as;
        if (jail_seal(&d, &j) != ERR_OK)
            _exit(99);
        attempt();
        _exit(0);
    }
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    return status;
}

static const struct jail broker = {.role = JAIL_BROKER, .may_kill = 1 << 21};

static bool
was_forbidden(int status)
{
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
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

/* The upper half of an argument is looked at, too. */
static void
map_above(void)
{
    syscall(SYS_mmap, 0, 4096, 3UL | 1UL << 32, 0x22, -1, 0);
}

static void
write_above(void)
{
    syscall(SYS_write, 2UL | 1UL << 32, "", 0);
}

Test(jail, the_broker_may_compute_but_not_reach_out)
{
    static void (*const forbidden[])(void) = {make_socket, make_process, run_program,
        kill_others, map_code, map_above, write_above};

    cr_assert_eq(under_jail(&broker, allocate), 0);
    cr_assert_eq(under_jail(&broker, open_quietly), 0);
    for (size_t i = 0; i < ARRAY_N(forbidden); i++) {
        int status = under_jail(&broker, forbidden[i]);
        cr_assert(was_forbidden(status), "%zu: %x", i, status);
    }
}

/* Ends when its parent closes the other end. */
static int gate[2];

static void
wait_at_gate(void)
{
    struct pollfd p = {.fd = gate[0], .events = POLLIN};

    syscall(SYS_close, gate[1]);
    poll(&p, 1, -1);
}

/* A line of /proc/PID/status as a number; 0: there is none. */
static unsigned long
status_of(pid_t pid, const char *name, int base)
{
    char path[64], line[256];
    unsigned long v = 0;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    f = fopen(path, "r");
    cr_assert_not_null(f);
    while (fgets(line, sizeof line, f) != NULL) {
        if (strncmp(line, name, strlen(name)) == 0)
            v = strtoul(line + strlen(name), NULL, base);
    }
    fclose(f);
    return v;
}

/* A broker that is jailed and waits; it ends when its gate is closed. */
static pid_t
broker_jailed(bool as_nobody)
{
    struct diag d = {0};
    struct jail j = broker;
    pid_t pid;
    int status;

    cr_assert_eq(pipe(gate), 0);
    pid = fork();
    if (pid == 0) {
        if (as_nobody && geteuid() == 0 && setresuid(65534, 65534, 65534) != 0)
            _exit(97);
        (void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* as it is after an exec */
        if (jail_seal(&d, &j) != ERR_OK)
            _exit(99);
        wait_at_gate();
        _exit(0);
    }
    while (status_of(pid, "Seccomp:", 10) != 2) /* the last layer of its jail */
        cr_assert_eq(waitpid(pid, &status, WNOHANG), 0, "it ended");
    return pid;
}

static void
broker_ends(pid_t pid)
{
    int status;

    close(gate[1]);
    close(gate[0]);
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_expect_eq(status, 0);
}

/* It may kill its worker, and has no other right of root's. */
Test(jail, the_broker_keeps_one_capability)
{
    pid_t pid = broker_jailed(false);

    cr_expect_eq(status_of(pid, "CapPrm:", 16) & ~(1UL << CAP_KILL), 0);
    cr_expect_eq(status_of(pid, "CapEff:", 16) & ~(1UL << CAP_KILL), 0);
    broker_ends(pid);
}

/* Of such a process /proc belongs to root, so that nobody else looks into it. */
Test(jail, the_broker_is_not_looked_into)
{
    pid_t pid = broker_jailed(true);
    struct stat st;
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    cr_assert_eq(stat(path, &st), 0);
    cr_expect_eq(st.st_uid, 0);
    broker_ends(pid);
}

/* ---- runner, starter and server: a folder and a program of their own ---- */

static char folder[] = "/tmp/datasite-jail-XXXXXX";
static char kept[64];
static int program_fd;

static void
leave_if(bool bad)
{
    if (bad)
        _exit(98);
}

static void
keep_files(void)
{
    int fd = open(kept, O_CREAT | O_RDWR, 0600);

    leave_if(fd == -1 || write(fd, "x", 1) != 1 || unlink(kept) != 0);
    leave_if(open("/etc/hostname", O_RDONLY) != -1 || errno != EACCES);
    leave_if(open("/tmp/datasite-jail-other", O_CREAT | O_RDWR, 0600) != -1);
}

static void
fork_and_wait(void)
{
    int status = 1;
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    leave_if(waitpid(pid, &status, 0) != pid || status != 0);
}

static void
make_thread(void)
{
    syscall(SYS_clone, CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD,
        0, 0, 0, 0);
}

static void
make_network(void)
{
    syscall(SYS_unshare, CLONE_NEWNET);
}

static void
trace_self(void)
{
    syscall(SYS_ptrace, 0, 0, 0, 0);
}

static void
read_others(void)
{
    syscall(SYS_process_vm_readv, 1, 0, 0, 0, 0, 0);
}

static void
mount_over(void)
{
    syscall(SYS_mount, "none", "/tmp", "tmpfs", 0, 0);
}

static void
limit_others(void)
{
    syscall(SYS_prlimit64, 1, 0, 0, 0);
}

/* By a name and not by the descriptor that the jail was given. */
static void
run_another(void)
{
    char *none[] = {NULL};

    syscall(SYS_execveat, -100, "/bin/true", none, none, 0);
}

/* The filter sees the right descriptor; landlock sees that it is another program. */
static void
run_by_a_trick(void)
{
    char *none[] = {NULL};

    syscall(SYS_execveat, program_fd, "/bin/true", none, none, 0);
    leave_if(errno == EACCES);
}

static void (*const runner_forbidden[])(void) = {make_socket, run_program, run_another,
    make_thread, make_network, trace_self, read_others, mount_over, limit_others,
    map_code};

static void
own_folder(void)
{
    if (access(folder, F_OK) != 0)
        cr_assert_not_null(mkdtemp(folder));
    snprintf(kept, sizeof kept, "%.40s/kept", folder);
}

static void
own_program(struct jail *j)
{
    program_fd = open("/bin/false", O_PATH | O_CLOEXEC);
    cr_assert_gt(program_fd, 0);
    j->program_fd = program_fd;
}

static void
forbids(const struct jail *j, void (*const list[])(void), size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int status = under_jail(j, list[i]);
        cr_expect(was_forbidden(status), "%zu: %x", i, status);
    }
}

Test(jail, the_runner_keeps_a_folder_and_starts_one_program)
{
    const struct jail_path paths[] = {{folder, JAIL_USE_KEEP}};
    struct jail j = {.role = JAIL_RUNNER, .paths = paths, .paths_n = 1};

    own_folder();
    own_program(&j);
    if (jail_landlock_abi() > 0) {
        cr_expect_eq(under_jail(&j, keep_files), 0);
        cr_expect_eq(WEXITSTATUS(under_jail(&j, run_by_a_trick)), 98);
    }
    cr_expect_eq(under_jail(&j, fork_and_wait), 0);
    forbids(&j, runner_forbidden, ARRAY_N(runner_forbidden));
    rmdir(folder);
}

Test(jail, the_starter_has_no_files)
{
    struct jail j = {.role = JAIL_STARTER};

    own_program(&j);
    cr_expect_eq(under_jail(&j, fork_and_wait), 0);
    cr_expect_eq(under_jail(&j, open_quietly), 0);
    forbids(&j, runner_forbidden, ARRAY_N(runner_forbidden));
}

static void *
do_nothing(void *self)
{
    return self;
}

static void
serve(void)
{
    pthread_t thread;

    keep_files();
    leave_if(pthread_create(&thread, NULL, do_nothing, NULL) != 0);
    leave_if(pthread_join(thread, NULL) != 0);
    leave_if(socket(AF_INET, SOCK_STREAM, 0) == -1);
}

static void
be_taken_over(void)
{
    static const long calls[] = {SYS_process_vm_readv, SYS_bpf, SYS_init_module,
        SYS_kexec_file_load, SYS_mount_setattr, SYS_swapoff, SYS_adjtimex,
        SYS_clock_settime,
#ifdef SYS_iopl
        SYS_iopl, SYS_ioperm,
#endif
        SYS_io_uring_setup, SYS_keyctl};
    char *none[] = {NULL};

    leave_if(execve("/bin/true", none, none) != -1 || errno != EACCES);
    leave_if(unshare(CLONE_NEWUSER) != -1 || errno != EACCES);
    leave_if(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0) != -1);
    leave_if(mount("none", "/tmp", "tmpfs", 0, NULL) != -1 || errno != EACCES);
    for (size_t i = 0; i < ARRAY_N(calls); i++)
        leave_if(syscall(calls[i], 0, 0, 0, 0, 0, 0) != -1 || errno != EACCES);
}

Test(jail, the_server_keeps_its_folder_and_starts_nothing)
{
    const struct jail_path paths[] = {
        {folder, JAIL_USE_KEEP}, {"/nonexistent", JAIL_USE_READ}};
    struct jail j = {.role = JAIL_SERVER, .paths = paths, .paths_n = 2};

    own_folder();
    if (jail_landlock_abi() > 0)
        cr_expect_eq(under_jail(&j, serve), 0);
    cr_expect_eq(under_jail(&j, be_taken_over), 0);
    rmdir(folder);
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
    struct worker_home home;
    struct worker w;
    struct diag d = {0};

    cr_assert_eq(worker_home_open(&d, worker_exe(), &home), ERR_OK, "%s", d.text);
    cr_assert_eq(worker_start(&d, &home, &l, &w), ERR_OK, "%s", d.text);
    fd_close_p(&home.program_fd);
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
    struct worker_home home;
    struct worker w;
    struct diag d = {0};

    cr_assert_eq(worker_home_open(&d, "/nonexistent/worker", &home), ERR_SANDBOX);
    diag_clear(&d);
    cr_assert_eq(worker_home_open(&d, "/dev/null", &home), ERR_OK, "%s", d.text);
    cr_assert_eq(worker_start(&d, &home, &l, &w), ERR_OK);
    fd_close_p(&home.program_fd);
    cr_assert_eq(
        worker_ready(&d, &w, (struct monous){clock_mono().us + 5000000}), ERR_SANDBOX);
    cr_assert_eq(w.pid, 0);
}
