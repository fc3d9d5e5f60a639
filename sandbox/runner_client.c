/* runner_client.c -- the server's end of the wire to datasite-runner and its brokers.
 *
 * A keeper thread starts the runner, waits for its death and starts it again: the thread
 * lives as long as the runner may, so that the parent-death signal, which belongs to the
 * thread that forked, means what it says. Orders are written whole under the lock; every
 * answer comes on the order's own socket, whose end of file tells of any death. */
#include "sandbox/runner_client.h"

#include "datasite/base/check.h"
#include "datasite/base/clock.h"
#include "datasite/base/fdio.h"
#include "datasite/base/log.h"
#include "sandbox/frame.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ORDERS_FD         3
#define SEND_US           INT64_C(5000000) /* a living runner takes an order at once */
#define GRACE_US          INT64_C(15000000) /* beyond a run's wall time, then we give up */
#define RESTART_US_LEAST  INT64_C(10000)
#define RESTART_US_MOST   INT64_C(2000000)
#define HISTORY_US        INT64_C(60000000)
#define SELFTEST_US       INT64_C(20000000)
#define SELFTEST_FRESH_US INT64_C(60000000)

struct flight {
    struct flight *next;
    const char *run_id;
};

struct runner {
    char *runner_exe, *worker_exe, *vault_path, *key_path;
    pthread_t keeper;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int orders_fd; /* -1: the runner is down */
    pid_t pid;     /* 0: not running, or reaped */
    bool stopping;
    int calls_n; /* inside our functions */
    struct flight *flights;
    struct monous tested; /* when the self-test ran; 0: never */
    enum err test_result;
    struct diag test_diag;
    char level[128];
    pthread_mutex_t test_lock;
};

/* ---- the runner's life ---- */

/* Nothing of the server's environment, but for what a test build may be told. */
static char **
runner_environment(void)
{
    static char *env[] = {NULL, NULL};
#ifdef DATASITE_TEST_SEED
    static char constant[] = "DATASITE_TEST_NOISE=constant";
    const char *noise = getenv("DATASITE_TEST_NOISE");

    env[0] = noise != NULL && strcmp(noise, "constant") == 0 ? constant : NULL;
#endif
    return env;
}

static enum err
spawn(struct diag *d, struct runner *r, int ends[2])
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    sigset_t none, all;
    char *argv[] = {r->runner_exe, r->worker_exe, r->vault_path, r->key_path, NULL};
    char **env = runner_environment();
    int failed;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
        return FAIL(d, ERR_SANDBOX, "socketpair: %s", strerror(errno));
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, ends[1], ORDERS_FD);
    posix_spawn_file_actions_addclosefrom_np(&files, ORDERS_FD + 1);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setsigdefault(&attr, &all);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    failed = posix_spawn(&r->pid, r->runner_exe, &files, &attr, argv, env);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&files);
    fd_close_p(&ends[1]);
    if (failed == 0)
        return ERR_OK;
    fd_close_p(&ends[0]);
    r->pid = 0;
    return FAIL(
        d, ERR_SANDBOX, "%s cannot be started: %s", r->runner_exe, strerror(failed));
}

static void
sleep_us(int64_t us)
{
    struct timespec t = {us / 1000000, us % 1000000 * 1000};

    nanosleep(&t, NULL);
}

/* Starts the runner; false when it is to be stopped. Called with the lock held. */
static bool
bring_up(struct runner *r)
{
    struct diag d = {0};
    int ends[2];

    if (r->stopping)
        return false;
    if (spawn(&d, r, ends) != ERR_OK) {
        log_diag(LOG_ERROR, "runner.start", &d);
        return true;
    }
    r->orders_fd = ends[0];
    r->tested = (struct monous){0};
    pthread_cond_broadcast(&r->changed);
    return true;
}

/* Waits for the runner's death without reaping, so that its number stays its own until
 * the lock is held. */
static void
await_death(pid_t pid)
{
    siginfo_t info;

    while (pid != 0 && waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) == -1 &&
        errno == EINTR)
        ;
}

static void *
keep(void *self)
{
    struct runner *r = self;
    int64_t pause_us = RESTART_US_LEAST;

    pthread_mutex_lock(&r->lock);
    while (bring_up(r)) {
        pid_t pid = r->pid;
        int64_t began = clock_mono().us;
        pthread_mutex_unlock(&r->lock);
        await_death(pid);
        pthread_mutex_lock(&r->lock);
        if (pid != 0)
            waitpid(pid, NULL, 0);
        r->pid = 0;
        fd_close_p(&r->orders_fd);
        if (r->stopping)
            break;
        log_event(LOG_WARN, "runner.died", "the runner is gone and is started again");
        bool lasted = clock_mono().us - began > 10 * RESTART_US_MOST;
        pause_us = lasted ? RESTART_US_LEAST : pause_us * 2;
        pause_us = pause_us > RESTART_US_MOST ? RESTART_US_MOST : pause_us;
        pthread_mutex_unlock(&r->lock);
        sleep_us(pause_us);
        pthread_mutex_lock(&r->lock);
    }
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

static char *
copy(const char *z)
{
    return z == NULL ? NULL : strdup(z);
}

static void
release(struct runner *r)
{
    pthread_mutex_destroy(&r->lock);
    pthread_mutex_destroy(&r->test_lock);
    pthread_cond_destroy(&r->changed);
    free(r->runner_exe);
    free(r->worker_exe);
    free(r->vault_path);
    free(r->key_path);
    free(r);
}

enum err
runner_start(struct diag *d, const struct runner_config *c, struct runner **out)
{
    struct runner *r = calloc(1, sizeof *r);
    pthread_condattr_t attr;

    CHECK(r != NULL && (c->vault_path == NULL) == (c->key_path == NULL));
    if (access(c->runner_exe, X_OK) != 0 || access(c->worker_exe, X_OK) != 0) {
        free(r);
        return FAIL(d, ERR_SANDBOX, "%s and %s must be there and executable",
            c->runner_exe, c->worker_exe);
    }
    r->runner_exe = copy(c->runner_exe);
    r->worker_exe = copy(c->worker_exe);
    r->vault_path = copy(c->vault_path);
    r->key_path = copy(c->key_path);
    r->orders_fd = -1;
    pthread_mutex_init(&r->lock, NULL);
    pthread_mutex_init(&r->test_lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&r->changed, &attr);
    pthread_condattr_destroy(&attr);
    if (pthread_create(&r->keeper, NULL, keep, r) != 0) {
        release(r);
        return FAIL(d, ERR_SANDBOX, "no thread could be made");
    }
    *out = r;
    return ERR_OK;
}

void
runner_stop(struct runner *r)
{
    if (r == NULL)
        return;
    pthread_mutex_lock(&r->lock);
    r->stopping = true;
    if (r->pid != 0)
        kill(r->pid, SIGKILL);
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
    pthread_join(r->keeper, NULL);
    pthread_mutex_lock(&r->lock);
    while (r->calls_n > 0) /* their sockets have ended: they return soon */
        pthread_cond_wait(&r->changed, &r->lock);
    pthread_mutex_unlock(&r->lock);
    release(r);
}

/* ---- orders ---- */

/* Waits until the runner is up. Called with the lock held. */
static enum err
await_runner(struct diag *d, struct runner *r)
{
    int64_t until = clock_mono().us + SEND_US;
    struct timespec t = {until / 1000000, until % 1000000 * 1000};

    while (r->orders_fd == -1 && !r->stopping) {
        if (pthread_cond_timedwait(&r->changed, &r->lock, &t) != 0)
            break;
    }
    if (r->orders_fd == -1)
        return FAIL(d, ERR_SANDBOX, "the runner is not up");
    return ERR_OK;
}

/* Sends an order with the far end of a new socket; the near end is *answers. A runner
 * that dies in between is met by trying once more with the next one. */
static enum err
send_order(struct diag *d, struct runner *r, enum frame_type type, struct str body,
    int data_fd, int *answers)
{
    int ends[2];
    enum err e = ERR_SANDBOX;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
        return FAIL(d, ERR_SANDBOX, "socketpair: %s", strerror(errno));
    int fds[2] = {ends[1], data_fd};
    pthread_mutex_lock(&r->lock);
    for (int tries = 0; tries < 2 && e != ERR_OK; tries++) {
        struct monous deadline = {clock_mono().us + SEND_US};
        diag_clear(d);
        e = await_runner(d, r);
        if (e != ERR_OK)
            break;
        e = frame_send(
            d, r->orders_fd, deadline, type, body, fds, data_fd == -1 ? 1 : 2);
        if (e != ERR_OK) { /* half an order may be on the wire: this runner is done */
            kill(r->pid, SIGKILL);
            fd_close_p(&r->orders_fd);
        }
    }
    pthread_mutex_unlock(&r->lock);
    fd_close_p(&ends[1]);
    *answers = ends[0];
    if (e == ERR_OK)
        return ERR_OK;
    fd_close_p(answers);
    diag_clear(d);
    return FAIL(d, ERR_SANDBOX, "the runner does not take orders");
}

static void
enter(struct runner *r)
{
    pthread_mutex_lock(&r->lock);
    r->calls_n++;
    pthread_mutex_unlock(&r->lock);
}

static void
leave(struct runner **r)
{
    pthread_mutex_lock(&(*r)->lock);
    (*r)->calls_n--;
    pthread_cond_broadcast(&(*r)->changed);
    pthread_mutex_unlock(&(*r)->lock);
}
#define CALL_SCOPE(r)                                                 \
    struct runner *call_scope_ __attribute__((cleanup(leave))) = (r); \
    enter(call_scope_)

/* The next message on an order's socket. Whatever goes wrong, the sandbox is to blame. */
static enum err
next_answer(struct diag *d, int fd, struct monous deadline, struct frame *in)
{
    if (frame_recv(d, fd, deadline, in) != ERR_OK) {
        diag_clear(d);
        return FAIL(d, ERR_SANDBOX, "the sandbox ended without an answer");
    }
    if (in->type != FRAME_FAILED)
        return ERR_OK;
    struct fields f = fields_of(buf_str(&in->body));
    return field_diag(&f, d);
}

static enum err
out_of_turn(struct diag *d, const struct frame *in)
{
    return FAIL(
        d, ERR_SANDBOX, "the sandbox sent %s out of turn", frame_name(in->type));
}

/* One order, one answer of the wanted type. */
static enum err
order_once(struct diag *d, struct runner *r, enum frame_type type, struct str body,
    int data_fd, enum frame_type want, struct frame *in, int64_t wait_us)
{
    FD_SCOPE(fd) = -1;
    struct monous deadline = FRAME_NO_DEADLINE;

    if (wait_us > 0)
        deadline.us = clock_mono().us + wait_us;
    TRY(send_order(d, r, type, body, data_fd, &fd));
    TRY(next_answer(d, fd, deadline, in));
    return in->type == want ? ERR_OK : out_of_turn(d, in);
}

/* ---- runs ---- */

const char *
outcome_name(enum outcome_kind k)
{
    static const char *const names[] = {[OUTCOME_OK] = "ok",
        [OUTCOME_TIMEOUT] = "timeout",
        [OUTCOME_MEMORY] = "memory",
        [OUTCOME_SANDBOX_VIOLATION] = "sandbox_violation",
        [OUTCOME_SCRIPT_ERROR] = "script_error",
        [OUTCOME_POLICY] = "policy",
        [OUTCOME_BUDGET] = "budget",
        [OUTCOME_INTERNAL] = "internal"};

    CHECK((size_t)k < ARRAY_N(names));
    return names[k];
}

void
outcome_release(struct outcome *o)
{
    json_decref(o->output);
    json_decref(o->measurements);
    buf_release(&o->log);
    *o = (struct outcome){.kind = OUTCOME_INTERNAL};
}

/* read_order of broker.c is the other side. */
static enum err
put_order(struct diag *d, const struct order *o, struct buf *out)
{
    json_auto_t *schema = NULL;
    size_t columns_n;

    TRY(json_parse(d, o->schema_json, &schema));
    columns_n = json_array_size(json_object_get(schema, "columns"));
    field_put_z(out, o->run_id);
    field_put_i64(out, o->limits.wall_ms);
    field_put_i64(out, o->limits.rows_ms);
    field_put_str(out, o->source);
    field_put_str(out, o->schema_json);
    field_put_i64(out, o->lane);
    field_put_i64(out, o->accounting);
    field_put_budget(out, o->cap);
    field_put_i64(out, o->rows_assumed);
    field_put_i64(out, o->key_persons_min);
    field_put_i64(out, (int64_t)o->seed);
    field_put_i64(out, o->limits.cpu_ms);
    field_put_i64(out, o->limits.memory_bytes);
    field_put_i64(out, o->limits.questions_max);
    field_put_i64(out, o->limits.output_bytes_max);
    field_put_i64(out, (int64_t)columns_n);
    for (size_t i = 0; i < columns_n; i++)
        buf_addz(out, o->columns == NULL || o->columns[i] ? "1" : "0");
    field_put_z(out, o->dataset_id);
    field_put_i64(out, o->data_version);
    if (out->full || o->source.len > SOURCE_BYTES_MAX)
        return FAIL(d, ERR_TOO_LARGE, "the order is too large");
    return ERR_OK;
}

/* Where charges go when there is no port: the order's own cap, for a mock run. */
struct purse {
    enum accounting accounting;
    struct budget cap, used;
};

static enum err
purse_charge(void *self, struct diag *d, const struct charge_ask *ask,
    enum charge_verdict *verdict, struct buf *answer)
{
    struct purse *p = self;

    (void)d;
    *verdict = CHARGE_PAID;
    if (ask->exact)
        return ERR_OK;
    if (!accountant_fits(p->accounting, p->cap, p->used, ask->price) ||
        !accountant_add(&p->used, ask->price)) {
        *verdict = CHARGE_REFUSED;
        buf_addz(answer, "the job's cap does not cover this measurement");
    }
    return ERR_OK;
}

static enum err
purse_keep(
    void *self, struct diag *d, struct digest measurement, struct str answer_json)
{
    (void)self, (void)d, (void)measurement, (void)answer_json;
    return ERR_OK;
}

/* What a run in flight is made of, for the handlers of its messages. */
struct run_wire {
    int fd;
    struct monous deadline;
    const struct run_port *port;
};

static enum err
reply_failure(struct diag *d, const struct run_wire *w)
{
    BUF_SCOPE(out);
    struct diag gone = {0};

    buf_init(&out, frame_bytes_max(FRAME_FAILED));
    field_put_diag(&out, d);
    return frame_send(&gone, w->fd, w->deadline, FRAME_FAILED, buf_str(&out), NULL, 0);
}

static const char *
field_text(struct fields *f, struct arena *a, size_t bytes_max)
{
    struct str s = field_str(f, bytes_max);
    const char *z = arena_strn(a, s.ptr, s.len);

    f->bad = f->bad || z == NULL || strlen(z) != s.len;
    return z;
}

static enum err
read_charge(
    struct diag *d, struct arena *a, const struct frame *in, struct charge_ask *ask)
{
    struct fields f = fields_of(buf_str(&in->body));

    ask->measurement = field_digest(&f);
    ask->label = field_text(&f, a, 4096);
    ask->mechanism = field_text(&f, a, 256);
    ask->error95 = field_text(&f, a, 256);
    ask->plan_json = field_text(&f, a, PLAN_BYTES_MAX);
    ask->price = field_budget(&f);
    ask->exact = field_i64(&f, 0, 1) != 0;
    return fields_end(&f) ? ERR_OK
                          : FAIL(d, ERR_SANDBOX, "a charge that cannot be read");
}

static enum err
on_charge(struct diag *d, const struct run_wire *w, const struct frame *in)
{
    ARENA_SCOPE(a, 4 * (size_t)PLAN_BYTES_MAX);
    BUF_SCOPE(text);
    BUF_SCOPE(out);
    struct charge_ask ask;
    enum charge_verdict verdict = CHARGE_REFUSED;

    if (a == NULL)
        return FAIL(d, ERR_SANDBOX, "no memory");
    TRY(read_charge(d, a, in, &ask));
    buf_init(&text, FRAME_BYTES_MAX - 64);
    if (w->port->charge(w->port->self, d, &ask, &verdict, &text) != ERR_OK)
        return reply_failure(d, w);
    buf_init(&out, frame_bytes_max(FRAME_VERDICT));
    field_put_i64(&out, verdict);
    field_put_str(&out, buf_str(&text));
    return frame_send(d, w->fd, w->deadline, FRAME_VERDICT, buf_str(&out), NULL, 0);
}

static enum err
on_keep(struct diag *d, const struct run_wire *w, const struct frame *in)
{
    struct fields f = fields_of(buf_str(&in->body));
    struct digest measurement = field_digest(&f);
    struct str answer = field_str(&f, FRAME_BYTES_MAX);

    if (!fields_end(&f))
        return FAIL(d, ERR_SANDBOX, "an answer that cannot be read");
    if (w->port->keep(w->port->self, d, measurement, answer) != ERR_OK)
        return reply_failure(d, w);
    return frame_send(d, w->fd, w->deadline, FRAME_KEPT, (struct str){"", 0}, NULL, 0);
}

static enum err
read_outcome(struct diag *d, const struct frame *in, struct outcome *out)
{
    struct fields f = fields_of(buf_str(&in->body));
    struct str output, measurements, log;

    out->kind = (enum outcome_kind)field_i64(&f, OUTCOME_OK, OUTCOME_INTERNAL);
    out->line = (int)field_i64(&f, 0, INT32_MAX);
    out->column = (int)field_i64(&f, 0, INT32_MAX);
    field_z(&f, out->text, sizeof out->text);
    field_z(&f, out->rule, sizeof out->rule);
    output = field_str(&f, FRAME_BYTES_MAX);
    measurements = field_str(&f, FRAME_BYTES_MAX);
    log = field_str(&f, RUN_LOG_BYTES_MAX);
    if (!fields_end(&f))
        return FAIL(d, ERR_SANDBOX, "an outcome that cannot be read");
    buf_init(&out->log, RUN_LOG_BYTES_MAX);
    buf_add(&out->log, log.ptr, log.len);
    if (output.len > 0)
        TRY(json_parse(d, output, &out->output));
    return json_parse(d, measurements, &out->measurements);
}

/* Answers the broker until it tells the outcome. */
static enum err
attend(struct diag *d, const struct run_wire *w, struct outcome *out)
{
    FRAME_SCOPE(in);

    for (;;) {
        TRY(next_answer(d, w->fd, w->deadline, &in));
        if (in.type == FRAME_OUTCOME)
            return read_outcome(d, &in, out);
        if (in.type == FRAME_CHARGE) {
            TRY(on_charge(d, w, &in));
        } else if (in.type == FRAME_KEEP) {
            TRY(on_keep(d, w, &in));
        } else {
            return out_of_turn(d, &in);
        }
    }
}

static void
board(struct runner *r, struct flight *f)
{
    pthread_mutex_lock(&r->lock);
    f->next = r->flights;
    r->flights = f;
    pthread_mutex_unlock(&r->lock);
}

static void
alight(struct runner *r, struct flight *f)
{
    pthread_mutex_lock(&r->lock);
    for (struct flight **at = &r->flights; *at != NULL; at = &(*at)->next) {
        if (*at == f) {
            *at = f->next;
            break;
        }
    }
    pthread_mutex_unlock(&r->lock);
}

static enum err
fly(struct diag *d, struct runner *r, const struct order *o,
    const struct run_port *port, struct outcome *out)
{
    FD_SCOPE(fd) = -1;
    BUF_SCOPE(body);
    struct run_wire w = {.port = port};

    buf_init(&body, frame_bytes_max(FRAME_RUN));
    TRY(put_order(d, o, &body));
    TRY(send_order(
        d, r, FRAME_RUN, buf_str(&body), o->dataset_id == NULL ? o->mock_fd : -1, &fd));
    w.fd = fd;
    w.deadline.us =
        clock_mono().us + (o->limits.wall_ms + o->limits.rows_ms) * 1000 + GRACE_US;
    return attend(d, &w, out);
}

enum err
runner_run(struct runner *r, struct diag *d, const struct order *o,
    const struct run_port *port, struct outcome *out)
{
    CALL_SCOPE(r);
    struct purse purse = {.accounting = o->accounting, .cap = o->cap};
    const struct run_port own = {&purse, purse_charge, purse_keep};
    struct flight flight = {.run_id = o->run_id};
    enum err e;

    CHECK(port != NULL || o->dataset_id == NULL);
    *out = (struct outcome){.kind = OUTCOME_INTERNAL};
    board(r, &flight);
    e = fly(d, r, o, port == NULL ? &own : port, out);
    alight(r, &flight);
    if (e != ERR_OK)
        outcome_release(out);
    return e;
}

enum err
runner_cancel(struct runner *r, struct diag *d, const char *run_id)
{
    BUF_SCOPE(body);
    struct monous deadline = {clock_mono().us + SEND_US};
    enum err e = ERR_NOT_FOUND;

    buf_init(&body, frame_bytes_max(FRAME_CANCEL));
    field_put_z(&body, run_id);
    pthread_mutex_lock(&r->lock);
    for (const struct flight *f = r->flights; f != NULL; f = f->next) {
        if (strcmp(f->run_id, run_id) == 0)
            e = ERR_OK;
    }
    if (e == ERR_OK && r->orders_fd != -1) {
        e = frame_send(
            d, r->orders_fd, deadline, FRAME_CANCEL, buf_str(&body), NULL, 0);
    }
    pthread_mutex_unlock(&r->lock);
    return e == ERR_NOT_FOUND ? FAIL(d, ERR_NOT_FOUND, "no such run is in flight") : e;
}

/* ---- the vault, and the self-test ---- */

static enum err
read_report(struct diag *d, const struct frame *in, struct csv_report *report)
{
    struct fields f = fields_of(buf_str(&in->body));

    report->rows = field_i64(&f, 0, INT64_MAX);
    report->outside_bounds = field_i64(&f, 0, INT64_MAX);
    report->sha256 = field_digest(&f);
    report->places_n = (size_t)field_i64(&f, 0, CSV_PLACES_MAX);
    for (size_t i = 0; i < report->places_n; i++) {
        report->places[i].line = field_i64(&f, 0, INT64_MAX);
        report->places[i].column = (int)field_i64(&f, 0, INT32_MAX);
        field_z(&f, report->places[i].name, sizeof report->places[i].name);
        field_z(&f, report->places[i].text, sizeof report->places[i].text);
    }
    if (!fields_end(&f))
        return FAIL(d, ERR_SANDBOX, "a report that cannot be read");
    if (report->places_n > 0) {
        return FAIL(d, ERR_UNPROCESSABLE,
            "the CSV does not fit the schema: line %lld, %s",
            (long long)report->places[0].line, report->places[0].text);
    }
    return ERR_OK;
}

enum err
runner_ingest(struct runner *r, struct diag *d, const char *dataset_id, int64_t version,
    struct str schema_json, int data_fd, struct csv_report *report)
{
    CALL_SCOPE(r);
    FRAME_SCOPE(in);
    BUF_SCOPE(body);

    *report = (struct csv_report){0};
    buf_init(&body, frame_bytes_max(FRAME_INGEST));
    field_put_z(&body, dataset_id);
    field_put_i64(&body, version);
    field_put_str(&body, schema_json);
    if (body.full)
        return FAIL(d, ERR_TOO_LARGE, "the schema is too large");
    TRY(order_once(d, r, FRAME_INGEST, buf_str(&body), data_fd, FRAME_REPORT, &in, 0));
    return read_report(d, &in, report);
}

enum err
runner_forget(struct runner *r, struct diag *d, const char *dataset_id, int64_t version)
{
    CALL_SCOPE(r);
    FRAME_SCOPE(in);
    BUF_SCOPE(body);

    buf_init(&body, frame_bytes_max(FRAME_FORGET));
    field_put_z(&body, dataset_id);
    field_put_i64(&body, version);
    return order_once(d, r, FRAME_FORGET, buf_str(&body), -1, FRAME_KEPT, &in, 0);
}

/* put_parity of mockorder.c is the other side. */
static enum err
read_parity(struct diag *d, const struct frame *in, struct mock_report *out)
{
    struct fields f = fields_of(buf_str(&in->body));

    *out = (struct mock_report){.columns_n = (size_t)field_i64(&f, 0, COLUMNS_MAX)};
    for (size_t i = 0; i < out->columns_n; i++) {
        struct mock_parity *p = &out->columns[i];
        p->broken_rules = (unsigned)field_i64(&f, 0, SDC_MOCK_ALL);
        p->nulls = field_i64(&f, 0, 1) != 0;
        p->categories = field_i64(&f, 0, 1) != 0;
        out->leaks = out->leaks || p->broken_rules != 0;
    }
    return fields_end(&f) ? ERR_OK
                          : FAIL(d, ERR_SANDBOX, "a report that cannot be read");
}

enum err
runner_mockcheck(struct runner *r, struct diag *d, const char *dataset_id,
    int64_t version, struct str schema_json, int mock_fd, struct mock_report *report)
{
    CALL_SCOPE(r);
    FRAME_SCOPE(in);
    BUF_SCOPE(body);

    buf_init(&body, frame_bytes_max(FRAME_MOCKCHECK));
    field_put_z(&body, dataset_id);
    field_put_i64(&body, version);
    field_put_str(&body, schema_json);
    if (body.full)
        return FAIL(d, ERR_TOO_LARGE, "the schema is too large");
    TRY(order_once(
        d, r, FRAME_MOCKCHECK, buf_str(&body), mock_fd, FRAME_PARITY, &in, 0));
    return read_parity(d, &in, report);
}

/* read_order of uniqueorder.c is the other side. */
enum err
runner_unique(struct runner *r, struct diag *d, const char *dataset_id, int64_t version,
    struct str schema_json, const bool *columns, size_t columns_n, int64_t *percent)
{
    CALL_SCOPE(r);
    FRAME_SCOPE(in);
    BUF_SCOPE(body);

    buf_init(&body, frame_bytes_max(FRAME_UNIQUE));
    field_put_z(&body, dataset_id);
    field_put_i64(&body, version);
    field_put_i64(&body, (int64_t)columns_n);
    for (size_t i = 0; i < columns_n; i++)
        field_put_i64(&body, columns[i]);
    field_put_str(&body, schema_json);
    if (body.full)
        return FAIL(d, ERR_TOO_LARGE, "the schema is too large");
    TRY(order_once(d, r, FRAME_UNIQUE, buf_str(&body), -1, FRAME_SHARE, &in, 0));
    struct fields f = fields_of(buf_str(&in.body));
    *percent = field_i64(&f, 0, 100);
    return fields_end(&f) ? ERR_OK
                          : FAIL(d, ERR_SANDBOX, "a share that cannot be read");
}

/* read_plans of historyorder.c is the other side. */
static void
put_plans(struct buf *out, const struct history_ask *ask)
{
    field_put_i64(out, (int64_t)ask->plans_n);
    for (size_t i = 0; i < ask->plans_n; i++) {
        field_put_i64(out, ask->plans[i].is_new);
        field_put_z(out, ask->plans[i].json);
        field_put_z(out, ask->plans[i].withheld);
    }
}

/* put_verdict of historyorder.c is the other side. */
static enum err
read_verdict(struct diag *d, const struct frame *in, const struct history_ask *ask,
    struct history_verdict *out)
{
    struct fields f = fields_of(buf_str(&in->body));
    struct sdc_difference *x = &out->difference;

    *out = (struct history_verdict){0};
    x->found = field_i64(&f, 0, 1) != 0;
    x->complete = field_i64(&f, 0, 1) != 0;
    out->apart_new = field_i64(&f, 0, INT64_MAX);
    out->apart_old = field_i64(&f, 0, INT64_MAX);
    x->sources_n = (size_t)field_i64(&f, 0, SDC_SOURCES_MAX);
    for (size_t i = 0; i < x->sources_n; i++)
        x->sources[i] = (size_t)field_i64(&f, 0, (int64_t)ask->plans_n - 1);
    return fields_end(&f) ? ERR_OK
                          : FAIL(d, ERR_SANDBOX, "a verdict that cannot be read");
}

enum err
runner_history(struct runner *r, struct diag *d, const struct history_ask *ask,
    struct history_verdict *verdict)
{
    CALL_SCOPE(r);
    FRAME_SCOPE(in);
    BUF_SCOPE(body);
    BUF_SCOPE(plans);
    FD_SCOPE(fd) = -1;

    buf_init(&body, frame_bytes_max(FRAME_HISTORY));
    buf_init(&plans, HISTORY_BYTES_MAX);
    field_put_z(&body, ask->dataset_id);
    field_put_i64(&body, ask->data_version);
    field_put_i64(&body, ask->least);
    field_put_str(&body, ask->schema_json);
    put_plans(&plans, ask);
    if (body.full || plans.full)
        return FAIL(d, ERR_TOO_LARGE, "too much was released to be compared");
    TRY(memfd_of(d, "history", buf_str(&plans), &fd));
    TRY(order_once(
        d, r, FRAME_HISTORY, buf_str(&body), fd, FRAME_APART, &in, HISTORY_US));
    return read_verdict(d, &in, ask, verdict);
}

static enum err
selftest(struct diag *d, struct runner *r, char level[128])
{
    FRAME_SCOPE(in);
    struct str nothing = {"", 0};

    TRY(order_once(d, r, FRAME_SELFTEST, nothing, -1, FRAME_LEVEL, &in, SELFTEST_US));
    struct fields f = fields_of(buf_str(&in.body));
    field_z(&f, level, 128);
    return fields_end(&f) ? ERR_OK
                          : FAIL(d, ERR_SANDBOX, "a level that cannot be read");
}

enum err
runner_selftest(struct runner *r, struct diag *d, char level[128])
{
    CALL_SCOPE(r);
    enum err e;

    pthread_mutex_lock(&r->test_lock); /* others wait for the test that is under way */
    int64_t now = clock_mono().us;
    if (r->tested.us == 0 || now - r->tested.us > SELFTEST_FRESH_US ||
        r->test_result != ERR_OK) {
        diag_clear(&r->test_diag);
        r->test_result = selftest(&r->test_diag, r, r->level);
        r->tested.us = now;
    }
    e = r->test_result;
    if (e == ERR_OK) {
        memcpy(level, r->level, sizeof r->level);
    } else {
        *d = r->test_diag;
    }
    pthread_mutex_unlock(&r->test_lock);
    return e;
}
