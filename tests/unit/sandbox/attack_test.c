/* attack_test.c -- a worker whose interpreter is taken over runs machine code (tests/attack)
 * in its jail: no file, no network, no data, no signal to anyone, and what it says to the
 * broker is answered by policy or ends the run. */
#include "datasite/base/check.h"
#include "datasite/base/fdio.h"
#include "tests/unit/sandbox/mock_run.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define MARK          "8675309" /* an age of nobody, in the mock that is attacked */
#define MARK_REVERSED "9035768"

/* What an attack could reach: each tells whether it was. */
struct canaries {
    char folder[64], made[96], kept[96], name[64];
    int tcp_fd, abstract_fd;
    int port;
    pid_t victim;
};

static struct canaries canaries;
static struct runner *runner;

static int
listener(const struct sockaddr *at, socklen_t n)
{
    int fd = socket(at->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    cr_assert(fd != -1 && bind(fd, at, n) == 0 && listen(fd, 4) == 0);
    return fd;
}

static void
listen_tcp(struct canaries *c)
{
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof at;

    c->tcp_fd = listener((struct sockaddr *)&at, sizeof at);
    cr_assert_eq(getsockname(c->tcp_fd, (struct sockaddr *)&at, &n), 0);
    c->port = ntohs(at.sin_port);
}

static void
listen_abstract(struct canaries *c)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    size_t n = strlen(c->name);

    memcpy(at.sun_path + 1, c->name, n);
    c->abstract_fd = listener((struct sockaddr *)&at,
        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + n));
}

static void
setup(void)
{
    struct canaries *c = &canaries;
    struct diag d = {0};
    char *worker = program_beside("datasite-worker-attack");

    if (access(worker, X_OK) != 0)
        cr_skip_test("datasite-worker-attack is not built");
    strcpy(c->folder, "/tmp/datasite-attack-XXXXXX");
    cr_assert_not_null(mkdtemp(c->folder));
    snprintf(c->made, sizeof c->made, "%.40s/made", c->folder);
    snprintf(c->kept, sizeof c->kept, "%.40s/kept", c->folder);
    snprintf(c->name, sizeof c->name, "%.40s", c->folder);
    cr_assert_eq(file_replace(&d, c->kept, STR("kept"), 0600), ERR_OK);
    listen_tcp(c);
    listen_abstract(c);
    c->victim = fork();
    if (c->victim == 0) {
        for (;;)
            pause();
    }
    runner = mock_runner(worker);
    free(worker);
}

static void
teardown(void)
{
    runner_stop(runner);
    kill(canaries.victim, SIGKILL);
    waitpid(canaries.victim, NULL, 0);
    unlink(canaries.kept);
    unlink(canaries.made);
    rmdir(canaries.folder);
}

TestSuite(attack, .init = setup, .fini = teardown, .timeout = 120);

static bool
was_called(int fd)
{
    int got = accept(fd, NULL, NULL);

    if (got != -1)
        close(got);
    return got != -1;
}

/* NULL: nobody was reached. */
static const char *
reached(const struct canaries *c)
{
    if (access(c->made, F_OK) == 0)
        return "a file was made";
    if (access(c->kept, F_OK) != 0)
        return "a file was removed";
    if (was_called(c->tcp_fd))
        return "a TCP listener was reached";
    if (was_called(c->abstract_fd))
        return "a local listener was reached";
    return waitpid(c->victim, NULL, WNOHANG) == 0 ? NULL : "a process was killed";
}

enum aim {
    AIM_NONE,
    AIM_MADE,
    AIM_KEPT,
    AIM_PORT,
    AIM_NAME,
    AIM_VICTIM
};

static const char *
aim_text(enum aim aim, char room[64])
{
    switch (aim) {
    case AIM_NONE:
        return "";
    case AIM_MADE:
        return canaries.made;
    case AIM_KEPT:
        return canaries.kept;
    case AIM_NAME:
        return canaries.name;
    case AIM_PORT:
        snprintf(room, 64, "%d", canaries.port);
        return room;
    case AIM_VICTIM:
        snprintf(room, 64, "%d", (int)canaries.victim);
        return room;
    }
    UNREACHABLE();
}

static const struct attack {
    const char *name;
    enum aim aim;
} attacks[] = {
    {"read_file", AIM_NONE},
    {"create_file", AIM_MADE},
    {"remove_file", AIM_KEPT},
    {"ask_for_file", AIM_KEPT},
    {"leave_root", AIM_NONE},
    {"mount_over", AIM_NONE},
    {"connect_tcp", AIM_PORT},
    {"connect_abstract", AIM_NAME},
    {"send_datagram", AIM_NONE},
    {"make_pair", AIM_NONE},
    {"pass_descriptor", AIM_NONE},
    {"make_process", AIM_NONE},
    {"make_thread", AIM_NONE},
    {"run_program", AIM_NONE},
    {"run_descriptor", AIM_NONE},
    {"trace_parent", AIM_NONE},
    {"kill_victim", AIM_VICTIM},
    {"kill_thread", AIM_VICTIM},
    {"kill_all", AIM_NONE},
    {"kill_by_handle", AIM_VICTIM},
    {"read_victim", AIM_VICTIM},
    {"limit_victim", AIM_VICTIM},
    {"map_code", AIM_NONE},
    {"make_code", AIM_NONE},
    {"jump_to_data", AIM_NONE},
    {"new_namespace", AIM_NONE},
    {"become_root", AIM_NONE},
    {"allow_dumps", AIM_NONE},
    {"replace_filter", AIM_NONE},
    {"use_rings", AIM_NONE},
    {"load_bpf", AIM_NONE},
    {"use_keys", AIM_NONE},
    {"watch_faults", AIM_NONE},
    {"make_memory_file", AIM_NONE},
    {"share_memory", AIM_NONE},
    {"write_elsewhere", AIM_NONE},
    {"ask_time", AIM_NONE},
#ifdef __x86_64__
    {"call_x32", AIM_NONE},
    {"call_i386", AIM_NONE},
    {"count_cycles", AIM_NONE},
#endif
};

/* The log of the run tells of an attack that came back. */
static enum outcome_kind
outcome_of(const char *source, struct outcome *out)
{
    enum err e = mock_run(runner, source, out);

    cr_expect_eq(e, ERR_OK, "%s: the sandbox died", source);
    return e == ERR_OK ? out->kind : OUTCOME_INTERNAL;
}

Test(attack, machine_code_reaches_nobody)
{
    for (size_t i = 0; i < ARRAY_N(attacks); i++) {
        char source[256], room[64];
        struct outcome out;
        snprintf(source, sizeof source, "-- attack: %s %s\nreturn 1", attacks[i].name,
            aim_text(attacks[i].aim, room));
        cr_expect_eq(outcome_of(source, &out), OUTCOME_SANDBOX_VIOLATION, "%s: %s %s",
            attacks[i].name, outcome_name(out.kind), out.text);
        cr_expect_null(out.output);
        outcome_release(&out);
        const char *who = reached(&canaries);
        cr_expect_null(who, "%s: %s", attacks[i].name, who);
    }
    struct outcome out;
    cr_expect_eq(
        outcome_of("return 1", &out), OUTCOME_OK, "the next run: %s", out.text);
    outcome_release(&out);
}

/* The same worker, the same attack: a process of row programs is jailed alike, and its
 * program's failure is the declared default. */
Test(attack, row_processes_reach_nobody)
{
    for (size_t i = 0; i < ARRAY_N(attacks); i++) {
        char source[512], room[64];
        struct outcome out;
        snprintf(source, sizeof source,
            "return site.open('m'):map('x', {decimals = 0, lower = 0, upper = 9, "
            "default = 7}, '-- attack: %s %s\\nreturn 1'):sum('x'):exact()",
            attacks[i].name, aim_text(attacks[i].aim, room));
        (void)outcome_of(source, &out);
        cr_expect_neq(out.kind, OUTCOME_INTERNAL, "%s: %s", attacks[i].name, out.text);
        outcome_release(&out);
        const char *who = reached(&canaries);
        cr_expect_null(who, "%s: %s", attacks[i].name, who);
    }
}

/* Without a jail the attacks reach whom they aim at: what is above was not void. */
Test(attack, without_a_jail_they_do)
{
    static const struct attack real[] = {{"create_file", AIM_MADE},
        {"remove_file", AIM_KEPT}, {"connect_tcp", AIM_PORT},
        {"connect_abstract", AIM_NAME}, {"kill_victim", AIM_VICTIM}};
    char *worker = program_beside("datasite-worker-attack");

    for (size_t i = 0; i < ARRAY_N(real); i++) {
        char room[64];
        int status;
        pid_t pid = fork();
        if (pid == 0) {
            execl(worker, worker, "unjailed", real[i].name, aim_text(real[i].aim, room),
                NULL);
            _exit(98);
        }
        cr_assert_eq(waitpid(pid, &status, 0), pid);
        cr_expect_eq(status, 0, "%s: %x", real[i].name, status);
        if (real[i].aim == AIM_VICTIM) {
            siginfo_t end;
            cr_assert_eq(
                waitid(P_PID, (id_t)canaries.victim, &end, WEXITED | WNOWAIT), 0);
        }
        cr_expect_not_null(reached(&canaries), "%s", real[i].name);
        unlink(canaries.made);
        struct diag d = {0};
        cr_assert_eq(file_replace(&d, canaries.kept, STR("kept"), 0600), ERR_OK);
    }
    free(worker);
}

/* The data are the broker's: not a byte of them is mapped where the script runs. */
Test(attack, no_data_lie_in_the_worker)
{
    static const char csv[] = "age,ward\n20,A\n" MARK ",B\n40,A\n";
    struct diag d = {0};
    struct outcome out;
    struct order o =
        mock_order("run_search", STR("-- attack: search_data " MARK_REVERSED "\n"));

    fd_close_p(&o.mock_fd);
    cr_assert_eq(memfd_of(&d, "mock", STR(csv), &o.mock_fd), ERR_OK);
    cr_assert_eq(runner_run(runner, &d, &o, NULL, &out), ERR_OK, "%s", d.text);
    fd_close_p(&o.mock_fd);
    cr_expect_eq(out.kind, OUTCOME_OK, "%s", out.text);
    cr_assert_not_null(out.log.ptr);
    cr_expect_not_null(strstr(out.log.ptr, "searched"), "%s", out.log.ptr);
    outcome_release(&out);
}
