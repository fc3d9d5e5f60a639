/* runner_test.c -- whole runs through runner, broker and jailed worker: how they end, and
 * that killing any process leaves no caller stuck and no process behind. */
#include "datasite/base/check.h"
#include "datasite/base/clock.h"
#include "datasite/base/fdio.h"
#include "tests/unit/sandbox/mock_run.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

Test(runner, honest_scripts_end_with_their_output)
{
    static const struct {
        const char *source, *output;
    } cases[] = {
        {"return 7", "7"},
        {"return {a = 1, b = {1, 2.5, 'x'}, c = true}",
            "{\"a\":1,\"b\":[1,2.5,\"x\"],\"c\":true}"},
        {"return site.open('d'):count():exact()", "3"},
        {"return site.open 'd':where('age >= 30'):count():exact()", "2"},
        {"return site.budget().epsilon", "1"},
        {"return math.random(1000000) == math.random(1000000)", "false"},
    };
    struct runner *r = mock_runner(NULL);

    for (size_t i = 0; i < ARRAY_N(cases); i++) {
        struct outcome out;
        cr_assert_eq(mock_run(r, cases[i].source, &out), ERR_OK, "%s", cases[i].source);
        cr_assert_eq(out.kind, OUTCOME_OK, "%s: %s", cases[i].source, out.text);
        char *text = mock_output(&out);
        cr_assert_str_eq(text, cases[i].output);
        free(text);
        outcome_release(&out);
    }
    runner_stop(r);
}

Test(runner, failures_have_their_kind_and_line)
{
    static const struct {
        const char *source;
        enum outcome_kind kind;
        int line;
        const char *text;
    } cases[] = {
        {"local x = 1\nerror('no')", OUTCOME_SCRIPT_ERROR, 2, "no"},
        {"x = = 1", OUTCOME_SCRIPT_ERROR, 1, "unexpected symbol"},
        {"while true do end", OUTCOME_TIMEOUT, 0, "processor"},
        {"local t = {} while true do t[#t + 1] = {} end", OUTCOME_MEMORY, 0, "memory"},
        {"return function() end", OUTCOME_SCRIPT_ERROR, 1, "function"},
        {"local v = site.open 'd'\nv:where(7)", OUTCOME_SCRIPT_ERROR, 2,
            "must be a string"},
        {"site.open 'd':count{epsilon = 2}:release()", OUTCOME_BUDGET, 1, "budget"},
    };
    struct runner *r = mock_runner(NULL);

    for (size_t i = 0; i < ARRAY_N(cases); i++) {
        struct outcome out;
        cr_assert_eq(mock_run(r, cases[i].source, &out), ERR_OK, "%s", cases[i].source);
        cr_assert_eq(out.kind, cases[i].kind, "%s: %s %s", cases[i].source,
            outcome_name(out.kind), out.text);
        cr_assert_eq(out.line, cases[i].line, "%s: %d", cases[i].source, out.line);
        cr_assert_not_null(strstr(out.text, cases[i].text), "%s", out.text);
        cr_assert_null(out.output);
        outcome_release(&out);
    }
    runner_stop(r);
}

Test(runner, the_jail_holds)
{
    struct runner *r = mock_runner(NULL);
    struct diag d = {0};
    char level[128];

    cr_assert_eq(runner_selftest(r, &d, level), ERR_OK, "%s", d.text);
    cr_log_info("%s", level);
    cr_assert_eq(strncmp(level, "seccomp", 7), 0);
    runner_stop(r);
}

/* ---- a port that remembers ---- */

struct book {
    int charges_n, keeps_n;
    enum charge_verdict verdict;
    enum err charge_fails, keep_fails;
    char stored[256], label[64], answer[256];
    struct digest charged, kept;
    bool exact, out_of_order;
};

static enum err
book_charge(void *self, struct diag *d, const struct charge_ask *ask,
    enum charge_verdict *verdict, struct buf *answer)
{
    struct book *b = self;

    b->charges_n++;
    b->out_of_order = b->out_of_order || b->keeps_n >= b->charges_n;
    b->charged = ask->measurement;
    b->exact = ask->exact;
    snprintf(b->label, sizeof b->label, "%s", ask->label);
    if (b->charge_fails != ERR_OK)
        return FAIL(d, b->charge_fails, "the ledger is gone");
    *verdict = b->verdict;
    buf_addz(answer, b->stored);
    return ERR_OK;
}

static enum err
book_keep(void *self, struct diag *d, struct digest measurement, struct str answer)
{
    struct book *b = self;

    b->keeps_n++;
    b->kept = measurement;
    snprintf(b->answer, sizeof b->answer, "%.*s", (int)answer.len, answer.ptr);
    if (b->keep_fails != ERR_OK)
        return FAIL(d, b->keep_fails, "the disk is full");
    return ERR_OK;
}

static enum err
run_with(struct runner *r, struct book *b, const char *source, struct outcome *out)
{
    struct diag d = {0};
    struct run_port port = {b, book_charge, book_keep};
    struct order o = mock_order("run_book", str_of(source));
    enum err e = runner_run(r, &d, &o, &port, out);

    fd_close_p(&o.mock_fd);
    return e;
}

static const char ask_twice[] = "local v = site.open 'd'\n"
                                "local a = v:count{epsilon = 0.5}:release().value\n"
                                "return {a, v:count{epsilon = 0.5}:release().value}";

/* diffprivlib draws, and spends afterwards. */
Test(runner, charges_come_before_answers_and_repeats_are_free)
{
    struct runner *r = mock_runner(NULL);
    struct book b = {.verdict = CHARGE_PAID};
    struct outcome out;

    cr_assert_eq(run_with(r, &b, ask_twice, &out), ERR_OK);
    cr_assert_eq(out.kind, OUTCOME_OK, "%s", out.text);
    cr_assert(b.charges_n == 1 && b.keeps_n == 1 && !b.out_of_order);
    cr_assert_eq(memcmp(&b.charged, &b.kept, sizeof b.kept), 0);
    cr_assert_eq(json_array_size(out.measurements), 1);
    const json_t *m = json_array_get(out.measurements, 0);
    cr_assert_str_eq(json_string_value(json_object_get(m, "epsilon")), "0.5");
    cr_assert_str_eq(json_string_value(json_object_get(m, "label")), b.label);
    outcome_release(&out);

    b = (struct book){.verdict = CHARGE_STORED, .stored = "{\"value\":77}"};
    cr_assert_eq(run_with(r, &b, ask_twice, &out), ERR_OK);
    char *text = mock_output(&out);
    cr_assert_str_eq(text, "[77,77]");
    cr_assert_eq(b.keeps_n, 0);
    free(text);
    outcome_release(&out);
    runner_stop(r);
}

Test(runner, nothing_is_answered_that_is_not_paid_and_kept)
{
    struct runner *r = mock_runner(NULL);
    static const struct {
        struct book book;
        enum outcome_kind kind;
    } cases[] = {
        {{.verdict = CHARGE_REFUSED, .stored = "three caps are full"}, OUTCOME_BUDGET},
        {{.charge_fails = ERR_DB}, OUTCOME_INTERNAL},
        {{.verdict = CHARGE_PAID, .keep_fails = ERR_DB}, OUTCOME_INTERNAL},
    };

    for (size_t i = 0; i < ARRAY_N(cases); i++) {
        struct book b = cases[i].book;
        struct outcome out;
        cr_assert_eq(run_with(r, &b, ask_twice, &out), ERR_OK);
        cr_assert_eq(out.kind, cases[i].kind, "%zu: %s", i, outcome_name(out.kind));
        cr_assert_null(out.output);
        cr_assert_eq(json_array_size(out.measurements), 0);
        if (i == 0)
            cr_assert_not_null(strstr(out.text, "three caps are full"));
        outcome_release(&out);
    }
    runner_stop(r);
}

/* Six keys of a megabyte of control characters: written as JSON, more than a message
 * holds. Each twice, so that a high price keeps them. */
static struct order
order_with_long_keys(const char *source)
{
    static const char schema[] =
        "{\"unit\":null,\"columns\":[{\"name\":\"t\",\"type\":\"text\"}]}";
    struct order o = mock_order("run_long", str_of(source));
    struct diag d = {0};
    BUF_SCOPE(csv);

    buf_init(&csv, (size_t)16 << 20);
    buf_addz(&csv, "t\n");
    for (int i = 0; i < 12; i++) {
        for (size_t k = 0; k < (1 << 20) - 1; k++)
            buf_add(&csv, "\1", 1);
        buf_addf(&csv, "%c\n", 'a' + i / 2);
    }
    cr_assert_not(csv.full);
    fd_close_p(&o.mock_fd);
    cr_assert_eq(memfd_of(&d, "mock", buf_str(&csv), &o.mock_fd), ERR_OK);
    o.schema_json = STR(schema);
    o.accounting = ACCOUNT_ZCDP;
    o.promise.delta_atto = ATTO / 2;
    o.lane = LANE_DP;
    return o;
}

/* A failure after the charge that the script could catch would be a free second draw. */
Test(runner, what_is_paid_and_cannot_be_answered_ends_the_run)
{
    struct runner *r = mock_runner(NULL);
    struct book b = {.verdict = CHARGE_PAID};
    struct run_port port = {&b, book_charge, book_keep};
    struct order o = order_with_long_keys(
        "local c = site.open('d'):group_by('t')\n"
        "local function ask() return c:count{epsilon = 1000, delta = 0.1}:release() "
        "end\n"
        "return {pcall(ask), pcall(ask)}");
    struct outcome out;
    struct diag d = {0};

    cr_assert_eq(runner_run(r, &d, &o, &port, &out), ERR_OK, "%s", d.text);
    cr_expect_eq(out.kind, OUTCOME_INTERNAL, "%s", out.text);
    cr_expect_eq(b.charges_n, 1);
    cr_expect_eq(b.keeps_n, 0);
    fd_close_p(&o.mock_fd);
    outcome_release(&out);
    runner_stop(r);
}

/* ---- death ---- */

/* Finds processes below `parent` by their name; kills them with `signal` when not 0. */
static int
descendants(pid_t parent, const char *name, int signal)
{
    DIR *proc = opendir("/proc");
    struct dirent *e;
    int n = 0;

    while ((e = readdir(proc)) != NULL) {
        char path[300], line[512] = "", comm[64] = "";
        int ppid = 0, pid = atoi(e->d_name);
        snprintf(path, sizeof path, "/proc/%s/stat", e->d_name);
        FILE *f = pid > 0 ? fopen(path, "re") : NULL;
        if (f == NULL)
            continue;
        if (fgets(line, sizeof line, f) == NULL ||
            sscanf(line, "%*d (%63[^)]) %*c %d", comm, &ppid) != 2)
            ppid = 0;
        fclose(f);
        if (ppid != parent)
            continue;
        n += descendants(pid, name, signal);
        if (strncmp(comm, name, strlen(name)) == 0) {
            n++;
            if (signal != 0)
                kill(pid, signal);
        }
    }
    closedir(proc);
    return n;
}

struct victim {
    struct runner *runner;
    enum err result;
    struct outcome out;
};

static void *
run_forever(void *self)
{
    struct victim *v = self;
    struct diag d = {0};
    struct order o = mock_order("run_victim", STR("while true do end"));

    o.limits.cpu_ms = 60000;
    o.limits.wall_ms = 60000;
    v->result = runner_run(v->runner, &d, &o, NULL, &v->out);
    fd_close_p(&o.mock_fd);
    return NULL;
}

static void
await_descendants(const char *name, int wanted)
{
    for (int i = 0; i < 500 && descendants(getpid(), name, 0) != wanted; i++)
        usleep(10000);
    cr_assert_eq(descendants(getpid(), name, 0), wanted, "%s", name);
}

/* Starts a run, does `harm` to it, and sees the call end and the next run succeed. */
static void
survive(void (*harm)(struct runner *r), enum err wanted, enum outcome_kind kind)
{
    struct victim v = {.runner = mock_runner(NULL)};
    struct outcome out;
    pthread_t thread;

    cr_assert_eq(pthread_create(&thread, NULL, run_forever, &v), 0);
    await_descendants("datasite-worker", 1);
    int64_t began = clock_mono().us;
    harm(v.runner);
    pthread_join(thread, NULL);
    cr_expect_lt(clock_mono().us - began, 2000000);
    cr_expect_eq(v.result, wanted);
    if (wanted == ERR_OK) {
        cr_expect_eq(v.out.kind, kind, "%s", outcome_name(v.out.kind));
        outcome_release(&v.out);
    }
    await_descendants("datasite-worker", 0);
    cr_expect_eq(mock_run(v.runner, "return 1", &out), ERR_OK);
    outcome_release(&out);
    runner_stop(v.runner);
    await_descendants("datasite-", 0);
}

static void
kill_workers(struct runner *r)
{
    (void)r;
    cr_assert_eq(descendants(getpid(), "datasite-worker", SIGKILL), 1);
}

static void
kill_runner_and_brokers(struct runner *r)
{
    (void)r;
    cr_assert_eq(
        descendants(getpid(), "datasite-runner", SIGKILL), 3); /* with the starter */
}

/* The runner is our child and has the broker as its own: the one without a parent of
 * the same name is the runner. */
static void
kill_runner(struct runner *r)
{
    char path[64], children[256] = "";

    (void)r;
    snprintf(path, sizeof path, "/proc/self/task/%d/children", getpid());
    DIR *tasks = opendir("/proc/self/task");
    struct dirent *e;
    int pid = 0;
    while (pid == 0 && (e = readdir(tasks)) != NULL) {
        snprintf(path, sizeof path, "/proc/self/task/%.20s/children", e->d_name);
        FILE *f = fopen(path, "re");
        if (f != NULL && fgets(children, sizeof children, f) != NULL)
            pid = atoi(children);
        if (f != NULL)
            fclose(f);
    }
    closedir(tasks);
    cr_assert_gt(pid, 0);
    kill(pid, SIGKILL);
}

static void
cancel_it(struct runner *r)
{
    struct diag d = {0};

    cr_assert_eq(runner_cancel(r, &d, "run_other"), ERR_NOT_FOUND);
    diag_clear(&d);
    cr_assert_eq(runner_cancel(r, &d, "run_victim"), ERR_OK, "%s", d.text);
}

/* ---- what they see ---- */

/* The children of a process, by /proc; 0 after the last. */
static pid_t
child_of(pid_t parent, int nth)
{
    DIR *proc = opendir("/proc");
    struct dirent *e;
    pid_t found = 0;

    while (found == 0 && (e = readdir(proc)) != NULL) {
        char path[300];
        int ppid = 0, pid = atoi(e->d_name);
        snprintf(path, sizeof path, "/proc/%s/stat", e->d_name);
        FILE *f = pid > 0 ? fopen(path, "re") : NULL;
        if (f == NULL)
            continue;
        if (fscanf(f, "%*d (%*[^)]) %*c %d", &ppid) == 1 && ppid == parent &&
            nth-- == 0)
            found = pid;
        fclose(f);
    }
    closedir(proc);
    return found;
}

/* How many names a process finds in its root; -1: we may not look. */
static int
names_in_root(pid_t pid)
{
    char path[64];
    struct dirent *e;
    int n = 0;

    snprintf(path, sizeof path, "/proc/%d/root/", (int)pid);
    DIR *root = opendir(path);
    if (root == NULL)
        return -1;
    while ((e = readdir(root)) != NULL)
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(root);
    return n;
}

static bool
shares(pid_t pid, const char *space)
{
    char path[64], theirs[64] = "", ours[64] = "";

    snprintf(path, sizeof path, "/proc/%d/ns/%s", (int)pid, space);
    cr_assert_gt(readlink(path, theirs, sizeof theirs - 1), 0, "%s", path);
    snprintf(path, sizeof path, "/proc/self/ns/%s", space);
    cr_assert_gt(readlink(path, ours, sizeof ours - 1), 0);
    return strcmp(theirs, ours) == 0;
}

static void
shares_none(pid_t pid, const char *const spaces[], size_t n)
{
    for (size_t i = 0; i < n; i++)
        cr_expect(!shares(pid, spaces[i]), "%s", spaces[i]);
}

/* The broker's children are its starter, who has a folder to send workers to, and its
 * worker, who is there. */
static void
sees_nothing(pid_t broker)
{
    static const char *const all[] = {"net", "mnt", "ipc", "uts"};
    static const char *const own[] = {"user", "pid"};
    int names[2];

    cr_expect_eq(names_in_root(broker), 0);
    shares_none(broker, all, ARRAY_N(all));
    for (int i = 0; i < 2; i++) {
        pid_t child = child_of(broker, i);
        cr_assert_gt(child, 0);
        shares_none(child, all, ARRAY_N(all));
        names[i] = names_in_root(child);
        if (names[i] == 0)
            shares_none(child, own, ARRAY_N(own));
    }
    cr_expect_eq(names[0] + names[1], 1);
}

Test(runner, where_namespaces_are_granted_nobody_sees_files_or_a_network)
{
    struct victim v = {.runner = mock_runner(NULL)};
    struct diag d = {0};
    pthread_t thread;
    char level[128];

    cr_assert_eq(runner_selftest(v.runner, &d, level), ERR_OK, "%s", d.text);
    if (strstr(level, "mount") == NULL || geteuid() != 0) {
        runner_stop(v.runner);
        cr_skip_test("no mount namespace, or no right to look into others");
    }
    cr_assert_eq(pthread_create(&thread, NULL, run_forever, &v), 0);
    await_descendants("datasite-worker", 1);
    pid_t runner = child_of(getpid(), 0), broker = child_of(runner, 0);
    cr_expect_eq(names_in_root(runner), 1); /* the empty folder */
    for (int i = 0; i < 500 && names_in_root(broker) != 0; i++)
        usleep(10000); /* its jail shuts when its columns are loaded */
    sees_nothing(broker);
    runner_stop(v.runner);
    pthread_join(thread, NULL);
}

Test(runner, survives_the_death_of_a_worker)
{
    survive(kill_workers, ERR_OK, OUTCOME_INTERNAL);
}

Test(runner, survives_the_death_of_runner_and_broker)
{
    survive(kill_runner_and_brokers, ERR_SANDBOX, OUTCOME_OK);
}

Test(runner, dies_with_all_its_children_and_comes_back)
{
    survive(kill_runner, ERR_SANDBOX, OUTCOME_OK);
}

Test(runner, cancels_a_run)
{
    survive(cancel_it, ERR_SANDBOX, OUTCOME_OK);
}

Test(runner, stopping_ends_runs_in_flight)
{
    struct victim v = {.runner = mock_runner(NULL)};
    pthread_t thread;

    cr_assert_eq(pthread_create(&thread, NULL, run_forever, &v), 0);
    await_descendants("datasite-worker", 1);
    runner_stop(v.runner);
    pthread_join(thread, NULL);
    cr_assert_eq(v.result, ERR_SANDBOX);
    await_descendants("datasite-", 0);
}

static void *
run_many(void *self)
{
    struct victim *v = self;

    for (int i = 0; i < 20; i++) {
        struct outcome out;
        if (mock_run(v->runner, "return site.open('d'):count():exact()", &out) !=
                ERR_OK ||
            out.kind != OUTCOME_OK)
            v->result = ERR_INTERNAL;
        outcome_release(&out);
    }
    return NULL;
}

Test(runner, eight_threads_share_it)
{
    struct victim v = {.runner = mock_runner(NULL), .result = ERR_OK};
    pthread_t threads[8];

    for (size_t i = 0; i < ARRAY_N(threads); i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, run_many, &v), 0);
    for (size_t i = 0; i < ARRAY_N(threads); i++)
        pthread_join(threads[i], NULL);
    cr_assert_eq(v.result, ERR_OK);
    runner_stop(v.runner);
}

Test(runner, a_runner_that_is_not_there_is_told_at_once)
{
    struct diag d = {0};
    struct runner *r = NULL;
    struct runner_config c = {.runner_exe = "/nonexistent", .worker_exe = "/bin/true"};

    cr_assert_eq(runner_start(&d, &c, &r), ERR_SANDBOX);
}

Test(runner, private_data_needs_a_vault)
{
    struct runner *r = mock_runner(NULL);
    struct diag d = {0};
    struct outcome out;
    struct book b = {0};
    struct run_port port = {&b, book_charge, book_keep};
    struct order o = mock_order("run_vault", STR("return 1"));

    fd_close_p(&o.mock_fd);
    o.dataset_id = "dst_x";
    o.data_version = 1;
    cr_assert_eq(runner_run(r, &d, &o, &port, &out), ERR_SANDBOX);
    runner_stop(r);
}
