/* broker.c -- the only process that holds private columns and meets a stranger's questions:
 * one a run, from its order to its outcome. */
#include "sandbox/runner/broker.h"

#include "datasite/base/clock.h"
#include "datasite/base/log.h"
#include "sandbox/runner/broker_state.h"
#include "sandbox/runner/child.h"

#include <unistd.h>

#define RUN_ARENA_BYTES ((size_t)256 << 20)

static void
put_budget_text(
    struct buf *out, const char *name, int64_t amount, char *text(int64_t, char *))
{
    char room[32];

    buf_addf(out, ",\"%s\":%s", name, text(amount, room));
}

/* What site.budget() shows: public, and the same on mock and real, whatever the approval
 * found that the run needs. */
static enum err
budget_json(struct diag *d, const struct broker *b, struct buf *out)
{
    const struct promise *p = &b->order.promise;
    struct budget cap = b->order.cap;

    if (p->epsilon_nano >= 0)
        TRY(accountant_limit(
            d, b->order.accounting, p->epsilon_nano, p->delta_atto, &cap));
    buf_addf(out, "{\"accounting\":\"%s\"", accounting_name(b->order.accounting));
    if (p->epsilon_nano >= 0)
        put_budget_text(out, "epsilon", p->epsilon_nano, nano_text);
    put_budget_text(out, "rho", cap.rho_nano, nano_text);
    put_budget_text(out, "delta", p->delta_atto, atto_text);
    buf_addz(out, "}");
    return ERR_OK;
}

static enum err
send_job(struct diag *d, struct broker *b)
{
    BUF_SCOPE(out);
    BUF_SCOPE(budget);

    buf_init(&out, frame_bytes_max(FRAME_JOB));
    buf_init(&budget, 1024);
    TRY(budget_json(d, b, &budget));
    field_put_str(&out, b->order.source);
    field_put_z(&out, b->dataset_name);
    field_put_str(&out, buf_str(&budget));
    field_put_i64(&out, (int64_t)b->order.seed);
    field_put_i64(&out, b->order.limits.output_bytes_max);
    if (out.full)
        return FAIL(d, ERR_TOO_LARGE, "the source is too long");
    return frame_send(d, b->worker.fd, b->deadline, FRAME_JOB, buf_str(&out), NULL, 0);
}

static enum err
send_outcome(struct diag *d, struct broker *b)
{
    BUF_SCOPE(out);
    BUF_SCOPE(text);

    buf_init(&out, frame_bytes_max(FRAME_OUTCOME));
    field_put_i64(&out, b->outcome.kind);
    field_put_i64(&out, b->outcome.line);
    field_put_i64(&out, b->outcome.column);
    field_put_z(&out, b->outcome.text);
    field_put_z(&out, b->outcome.rule);
    field_put_str(&out, buf_str(&b->output));
    buf_init(&text, FRAME_BYTES_MAX);
    TRY(json_text(d, b->measurements, &text));
    field_put_str(&out, buf_str(&text));
    field_put_str(&out, buf_str(&b->outcome.log));
    if (out.full || text.full)
        return FAIL(d, ERR_TOO_LARGE, "the outcome is too large");
    return frame_send(
        d, b->server_fd, FRAME_NO_DEADLINE, FRAME_OUTCOME, buf_str(&out), NULL, 0);
}

/* A worker that is gone already, or does not read, is for serve to judge. */
static enum err
hand_over(struct diag *d, struct broker *b)
{
    enum err e = send_job(d, b);

    if (e != ERR_IO && e != ERR_TIMEOUT)
        return e;
    diag_clear(d);
    return ERR_OK;
}

/* Before there are data in this process: what is forked off holds none. */
static enum err
start_rows(struct diag *d, struct broker *b, const struct broker_setup *s)
{
    b->rowrun = (struct rowrun){.left_us = b->order.limits.rows_ms * 1000,
        .blocks_ms = RUN_BLOCKS_MS_MAX,
        .memory_bytes = b->order.limits.memory_bytes,
        .cpu_ms = b->order.limits.cpu_ms,
        .seed = b->order.seed,
        .is_mock = b->dataset_id[0] == 0};
    b->rows = rowrun_port(&b->rowrun);
    return starter_fork(d, &s->home, &b->rowrun.starter_fd);
}

/* The worker starts while the columns load; neither goes on before both jails are shut. */
static enum err
run(struct diag *d, struct broker *b, const struct broker_setup *s)
{
    struct jail jail = {.role = JAIL_BROKER, .has_empty = s->home.room.has_empty};
    struct worker_limits limits = {.memory_bytes = b->order.limits.memory_bytes,
        .cpu_ms = b->order.limits.cpu_ms,
        .probe = -1};

    TRY(start_rows(d, b, s));
    TRY(worker_start(d, &s->home, &limits, &b->worker));
    jail.may_kill = b->worker.pid;
    TRY(broker_load(d, b, s));
    b->rng = rng_new();
    TRY(jail_seal(d, &jail));
    TRY(worker_ready(d, &b->worker, b->deadline));
    TRY(hand_over(d, b));
    broker_serve(b);
    return send_outcome(d, b);
}

static enum err
prepare(struct diag *d, struct broker *b, struct frame *order)
{
    b->arena = arena_new(RUN_ARENA_BYTES);
    b->parts.a = b->arena;
    b->measurements = json_array();
    if (b->arena == NULL || b->measurements == NULL)
        return FAIL(d, ERR_TOO_LARGE, "no memory");
    TRY(broker_read_order(d, b, order));
    b->questions_left = b->order.limits.questions_max;
#ifdef MUTANT_RULE_QUESTIONS
    b->questions_left = INT32_MAX;
#endif
    b->explains_left = b->questions_left * EXPLAINS_PER_QUESTION;
    b->deadline.us = clock_mono().us + b->order.limits.wall_ms * 1000;
    buf_init(&b->outcome.log, RUN_LOG_BYTES_MAX);
    return ERR_OK;
}

_Noreturn void
broker_main(const struct broker_setup *s, struct frame *order)
{
    static struct broker b; /* one a process */
    struct diag d = {0};
    int detail;

    b = (struct broker){.server_fd = -1, .mock_fd = -1, .worker = {.fd = -1}};
    enum err e = prepare(&d, &b, order);
    if (e == ERR_OK)
        e = run(&d, &b, s);
    if (e == ERR_OK)
        _exit(0);
    log_diag(LOG_ERROR, "broker.failed", &d);
    (void)worker_reap(&b.worker, true, INT64_MAX, &detail);
    child_end(b.server_fd, FRAME_FAILED, &(struct buf){0}, e, &d);
}
