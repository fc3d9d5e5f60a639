/* bench_jail.c -- what starting a jailed worker costs, beside plain fork and exec and
 * beside bubblewrap where it is installed. One table, medians of one run. */
#include "datasite/base/check.h"
#include "datasite/base/clock.h"
#include "sandbox/runner/worker.h"
#include "sandbox/wire/frame.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS  200
#define WAIT_US 10000000

static struct worker_home home;

static int
compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static void
report(const char *what, int64_t *us, size_t n)
{
    qsort(us, n, sizeof *us, compare);
    printf("%-44s  median %6.2f ms   p95 %6.2f ms   min %6.2f ms\n", what,
        (double)us[n / 2] / 1000, (double)us[n * 95 / 100] / 1000,
        (double)us[0] / 1000);
}

static void
run_trivial_job(struct worker *w, struct monous deadline)
{
    struct diag d = {0};
    BUF_SCOPE(job);
    FRAME_SCOPE(in);

    buf_init(&job, 4096);
    field_put_z(&job, "return 1");
    field_put_z(&job, ""); /* the dataset's name: any */
    field_put_z(&job, "{}");
    field_put_i64(&job, 1);
    field_put_i64(&job, 1024);
    CHECK(frame_send(&d, w->fd, deadline, FRAME_JOB, buf_str(&job), NULL, 0) == ERR_OK);
    CHECK(frame_recv(&d, w->fd, deadline, &in) == ERR_OK && in.type == FRAME_DONE);
}

static void
bench_worker(void)
{
    static int64_t first[ROUNDS], finished[ROUNDS], gone[ROUNDS];
    struct worker_limits limits = {INT64_C(64) << 20, 10000, -1, WORKER_JOB};
    char level[128];

    for (size_t i = 0; i < ROUNDS; i++) {
        struct diag d = {0};
        struct worker w;
        int detail;
        int64_t began = clock_mono().us;
        struct monous deadline = {began + WAIT_US};
        CHECK(worker_start(&d, &home, &limits, &w) == ERR_OK);
        CHECK(worker_ready(&d, &w, deadline) == ERR_OK);
        first[i] = clock_mono().us - began;
        jail_level(&w.layers, level);
        run_trivial_job(&w, deadline);
        finished[i] = clock_mono().us - began;
        CHECK(worker_reap(&w, false, limits.cpu_ms, &detail) == WORKER_EXITED);
        gone[i] = clock_mono().us - began;
    }
    printf("jailed worker: %s\n", level);
    report("  to the first byte", first, ROUNDS);
    report("  to the output of a trivial job", finished, ROUNDS);
    report("  until it is reaped", gone, ROUNDS);
}

static void
bench_program(const char *what, char *const argv[], size_t rounds)
{
    static int64_t us[ROUNDS];
    char *env[] = {NULL};

    for (size_t i = 0; i < rounds; i++) {
        int64_t began = clock_mono().us;
        int status;
        pid_t pid;
        if (posix_spawn(&pid, argv[0], NULL, NULL, argv, env) != 0)
            return;
        waitpid(pid, &status, 0);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
            return;
        us[i] = clock_mono().us - began;
    }
    report(what, us, rounds);
}

int
main(void)
{
    char worker_exe[4096];
    ssize_t n = readlink("/proc/self/exe", worker_exe, sizeof worker_exe - 64);
    struct diag d = {0};
    char true_path[] = "/bin/true", bwrap[] = "/usr/bin/bwrap", all[] = "--unshare-all",
         bind[] = "--ro-bind", root[] = "/";
    char *plain[] = {true_path, NULL};
    char *wrapped[] = {bwrap, all, bind, root, root, true_path, NULL};

    CHECK(n > 0);
    worker_exe[n] = 0;
    *strrchr(worker_exe, '/') = 0; /* the programs stand beside this one */
    strcat(worker_exe, "/datasite-worker");
    CHECK(worker_home_open(&d, worker_exe, &home) == ERR_OK);
    bench_program("fork and exec of /bin/true", plain, ROUNDS);
    if (access(bwrap, X_OK) == 0)
        bench_program("bwrap --unshare-all /bin/true", wrapped, ROUNDS / 4);
    else
        printf("bwrap is not installed: not compared\n");
    jail_room_enter(NULL, 0, &home.room); /* as the runner does, once */
    bench_worker();
    return 0;
}
