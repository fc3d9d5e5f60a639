/* broker.c -- the only code that holds private columns and meets a stranger's questions. */
#include "sandbox/broker.h"

#include "datasite/base/check.h"
#include "datasite/base/clock.h"
#include "datasite/base/digest.h"
#include "datasite/base/fdio.h"
#include "datasite/base/log.h"
#include "sandbox/charge.h"
#include "sandbox/luabox_end.h"
#include "sandbox/parts.h"
#include "sandbox/question.h"
#include "sandbox/rowrun.h"
#include "sandbox/vault.h"
#include "sandbox/worker.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define RUN_ARENA_BYTES       ((size_t)256 << 20)
#define QUESTION_ARENA_BYTES  ((size_t)1 << 30)
#define EXPLAINS_PER_QUESTION 16

/* A measurement of this run that is answered already: asking again is free. */
struct answered {
    struct answered *next;
    struct digest measurement;
    struct str answer;
};

struct broker {
    struct arena *arena; /* of the run */
    struct order order;  /* as the server sent it; texts borrow the frame */
    char run_id[64], dataset_id[64];
    int server_fd, mock_fd;
    struct schema schema;
    struct table table;
    struct rng *rng;
    struct worker worker;
    struct rowrun rowrun;
    struct row_port rows;
    struct parts parts;
    struct monous deadline;
    int64_t questions_left, explains_left;
    bool was_unpaid, was_denied; /* what the worker may say it died of */
    char denied_rule[32];
    struct answered *answered;
    json_t *measurements;
    struct buf output; /* the worker's text, once it has proved to be JSON */
    struct outcome outcome;
};

/* ---- the order ---- */

static enum err
read_columns(struct diag *d, struct broker *b, struct str marks)
{
    bool *columns = arena_array(b->arena, sizeof *columns, b->schema.columns_n + 1);

    if (columns == NULL || marks.len != b->schema.columns_n)
        return FAIL(d, ERR_INVALID, "the order's columns do not fit its schema");
    for (size_t i = 0; i < marks.len; i++)
        columns[i] = marks.ptr[i] == '1';
    b->order.columns = columns;
    return ERR_OK;
}

static enum err
read_schema(struct diag *d, struct broker *b)
{
    json_auto_t *doc = NULL;

    TRY(json_parse(d, b->order.schema_json, &doc));
    return schema_parse(d, b->arena, doc, &b->schema);
}

static enum err
read_order(struct diag *d, struct broker *b, struct frame *frame)
{
    struct fields f = fields_of(buf_str(&frame->body));
    struct order *o = &b->order;
    struct str marks;

    b->server_fd = frame_take_fd(frame, 0);
    b->mock_fd = frame_take_fd(frame, 1);
    field_z(&f, b->run_id, sizeof b->run_id); /* the runner reads these three as well */
    o->limits.wall_ms = field_i64(&f, 1, INT64_C(1) << 40);
    o->limits.rows_ms = field_i64(&f, 0, INT64_C(1) << 40);
    o->source = field_str(&f, SOURCE_BYTES_MAX);
    o->schema_json = field_str(&f, 4 << 20);
    o->lane = (enum lane)field_i64(&f, LANE_DP, LANE_ROWS);
    o->accounting = (enum accounting)field_i64(&f, ACCOUNT_PURE, ACCOUNT_ZCDP);
    o->cap = field_budget(&f);
    o->rows_assumed = field_i64(&f, 0, ROWS_MAX);
    o->key_persons_min = field_i64(&f, 0, ROWS_MAX);
    o->seed = (uint64_t)field_i64(&f, INT64_MIN, INT64_MAX);
    o->limits.cpu_ms = field_i64(&f, 1, INT64_C(1) << 40);
    o->limits.memory_bytes = field_i64(&f, 1 << 20, INT64_C(1) << 40);
    o->limits.questions_max = field_i64(&f, 0, INT64_MAX / EXPLAINS_PER_QUESTION);
    o->limits.output_bytes_max = field_i64(&f, 0, FRAME_BYTES_MAX / 2);
    marks = field_str(&f, COLUMNS_MAX);
    field_z(&f, b->dataset_id, sizeof b->dataset_id);
    o->data_version = field_i64(&f, 0, INT64_MAX);
    if (!fields_end(&f))
        return FAIL(d, ERR_INVALID, "an order that cannot be read");
    TRY(read_schema(d, b));
    return read_columns(d, b, marks);
}

/* ---- the data ---- */

static enum err
load_mock(struct diag *d, struct broker *b)
{
    static const uint8_t key[32]; /* nothing about a mock is secret */
    struct csv_report report = {0};

    TRY(table_from_csv(d, &b->schema, b->mock_fd, key, &b->table, &report));
    fd_close_p(&b->mock_fd);
    return ERR_OK;
}

static enum err
load_data(struct diag *d, struct broker *b, const struct broker_setup *s)
{
    struct vault *v = NULL;
    enum err e;

    if (b->dataset_id[0] == 0)
        return load_mock(d, b);
    if (s->vault_path == NULL || s->key_path == NULL)
        return FAIL(d, ERR_SANDBOX, "this runner has no private data");
    TRY(vault_open(d, s->vault_path, s->key_path, &v));
    e = vault_load(d, v, b->dataset_id, b->order.data_version, &b->schema,
        b->order.columns, &b->table);
    vault_close(v);
    return e;
}

/* ---- questions ---- */

static const struct answered *
answered_before(const struct broker *b, struct digest measurement)
{
    for (const struct answered *a = b->answered; a != NULL; a = a->next) {
        if (digest_eq(a->measurement, measurement))
            return a;
    }
    return NULL;
}

/* Evidence goes with what is exact. Of a mock it tells what to expect. */
static enum err
add_evidence(
    struct diag *d, const struct broker *b, const struct question *q, json_t *m)
{
    json_t *evidence;

    if (!question_is_exact(q))
        return ERR_OK;
    TRY(question_evidence(d, q, &b->table, &evidence));
    return json_object_set_new(m, "evidence", evidence) == 0
        ? ERR_OK
        : FAIL(d, ERR_INTERNAL, "the evidence could not be noted");
}

/* The server may have to withhold a part of what is exact: it gets the answer, too. */
static enum err
add_answer(struct diag *d, const struct broker *b, const struct charge_ask *ask,
    struct str answer, json_t *m)
{
    char digest[65];
    json_t *doc;

    if (!ask->exact || b->dataset_id[0] == 0)
        return ERR_OK;
    TRY(json_parse(d, answer, &doc));
    if (json_object_set_new(m, "answer", doc) != 0 ||
        json_object_set_new(
            m, "measurement", json_string(digest_text(ask->measurement, digest))) != 0)
        return FAIL(d, ERR_INTERNAL, "the answer could not be noted");
    return ERR_OK;
}

static enum err
remember(struct diag *d, struct broker *b, const struct question *q,
    const struct charge_ask *ask, struct str answer)
{
    struct answered *a = arena_array(b->arena, sizeof *a, 1);
    const char *text = arena_strn(b->arena, answer.ptr, answer.len);
    char eps[32], rho[32], delta[32];
    json_t *m;

    if (a == NULL || text == NULL)
        return FAIL(d, ERR_TOO_LARGE, "the run's answers need too much memory");
    *a = (struct answered){b->answered, ask->measurement, {text, answer.len}};
    b->answered = a;
    m = json_pack("{s:s, s:s, s:o, s:s, s:s, s:s, s:b}", "label", ask->label,
        "mechanism", ask->mechanism, "epsilon",
        ask->price.eps_nano == EPS_NONE
            ? json_null()
            : json_string(nano_text(ask->price.eps_nano, eps)),
        "rho", nano_text(ask->price.rho_nano, rho), "delta",
        atto_text(ask->price.delta_atto, delta), "error95", ask->error95, "exact",
        (int)ask->exact);
    if (m == NULL || json_array_append_new(b->measurements, m) != 0)
        return FAIL(d, ERR_INTERNAL, "the measurement could not be noted");
    TRY(add_answer(d, b, ask, answer, m));
    return add_evidence(d, b, q, m);
}

/* Charged and durable: compute, and have the answer kept before anyone sees it. */
static enum err
answer_and_keep(struct diag *d, struct broker *b, struct arena *a,
    const struct question *q, const struct charge_ask *ask, struct buf *answer)
{
    if (ask->exact) {
        TRY(question_exact(d, a, q, &b->table, answer));
    } else {
        TRY(question_answer(d, a, q, &b->table, b->rng, answer));
    }
    if (b->rowrun.failed != ERR_OK)
        return FAIL(d, b->rowrun.failed, "the row programs did not come to their end");
    if (answer->full)
        return FAIL(d, ERR_TOO_LARGE, "the answer is too large");
    return charge_keep(d, b->server_fd, ask->measurement, buf_str(answer));
}

/* Which message carries a refusal to the worker; FRAME_NONE: it is none, the run fails. */
static enum frame_type
refusal_frame(enum err e)
{
    if (e == ERR_BUDGET)
        return FRAME_UNPAID;
    if (e == ERR_POLICY || e == ERR_NOT_YET)
        return FRAME_DENIED;
    if (e == ERR_INVALID || e == ERR_UNPROCESSABLE || e == ERR_NOT_FOUND ||
        e == ERR_TOO_LARGE)
        return FRAME_WRONG;
    return FRAME_NONE;
}

/* What is paid for is answered, or the run ends. Were a failure told to the script, it
 * could ask again and have a second draw for the first one's price. */
static enum err
answer_or_end(struct diag *d, struct broker *b, struct arena *a,
    const struct question *q, const struct charge_ask *ask, struct buf *answer)
{
    enum err e = answer_and_keep(d, b, a, q, ask, answer);

    /* d goes on saying why, to the log alone */
    return e == ERR_OK || ask->exact || refusal_frame(e) == FRAME_NONE ? e
                                                                       : ERR_INTERNAL;
}

static enum err
pay_and_answer(struct diag *d, struct broker *b, struct arena *a,
    const struct question *q, struct str plan, struct buf *answer)
{
    enum charge_verdict verdict;
    struct charge_ask ask = {.measurement = question_digest(q),
        .label = question_label(q),
        .mechanism = question_mechanism(q),
        .error95 = question_error95(q),
        .plan_json = arena_strn(a, plan.ptr, plan.len),
        .price = question_price(q),
        .exact = question_is_exact(q)};
    const struct answered *before = answered_before(b, ask.measurement);

    if (before != NULL) {
        buf_add(answer, before->answer.ptr, before->answer.len);
        return ERR_OK;
    }
    if (b->questions_left-- <= 0) {
        return FAIL(d, ERR_POLICY, "the policy allows %lld measurements a run",
            (long long)b->order.limits.questions_max);
    }
#ifdef MUTANT_CHARGE_AFTER_DRAW
    TRY(answer_and_keep(d, b, a, q, &ask, answer));
    TRY(charge_ask(d, b->server_fd, &ask, &verdict, answer));
    return remember(d, b, q, &ask, buf_str(answer));
#endif
    TRY(parts_price(d, &b->parts, q, &ask.price));
    TRY(charge_ask(d, b->server_fd, &ask, &verdict, answer));
    if (verdict == CHARGE_REFUSED)
        return FAIL(d, ERR_BUDGET, "%.300s", buf_str(answer).ptr);
    if (verdict == CHARGE_PAID)
        parts_paid(&b->parts, q);
    if (verdict != CHARGE_STORED)
        TRY(answer_or_end(d, b, a, q, &ask, answer));
    return remember(d, b, q, &ask, buf_str(answer));
}

/* Row programs over private data have time of their own, or none at all: theirs must not
 * be what ends a run. */
static const struct row_port *
rows_of(const struct broker *b)
{
    bool is_mock = b->dataset_id[0] == 0;

    return is_mock || b->order.limits.rows_ms > 0 ? &b->rows : NULL;
}

static enum err
ask(struct diag *d, struct broker *b, const struct frame *in, struct buf *answer)
{
    ARENA_SCOPE(a, QUESTION_ARENA_BYTES);
    struct question_context c = {.schema = &b->schema,
        .columns = b->order.columns,
        .lane = b->order.lane,
        .accounting = b->order.accounting,
        .rows_assumed = b->order.rows_assumed,
        .units_least = (uint64_t)b->order.key_persons_min,
        .rows = rows_of(b)};
    struct question *q;

    if (a == NULL)
        return FAIL(d, ERR_TOO_LARGE, "no memory");
    TRY(question_parse(d, a, &c, buf_str(&in->body), &q));
    TRY(question_check(d, q));
    if (in->type == FRAME_EXPLAIN) {
        if (b->explains_left-- <= 0)
            return FAIL(d, ERR_POLICY, "too many calls of explain");
        return question_explain(d, q, answer);
    }
    if (question_is_exact(q) != (in->type == FRAME_EXACT))
        return FAIL(d, ERR_INVALID, "the plan and the call do not agree");
    return pay_and_answer(d, b, a, q, buf_str(&in->body), answer);
}

/* ---- what the worker sends ---- */

/* The run is over, for good or bad. The first word counts. */
static void
end_run(struct broker *b, enum outcome_kind kind, int line, const char *text)
{
    b->outcome.kind = kind;
    b->outcome.line = line;
    snprintf(b->outcome.text, sizeof b->outcome.text, "%s", text);
}

enum go {
    GO_ON,
    STOP
};

static enum go
violation(struct broker *b, const char *what)
{
    log_event(LOG_WARN, "sandbox.violation", "run %s: %s", b->run_id, what);
    end_run(b, OUTCOME_SANDBOX_VIOLATION, 0, what);
    return STOP;
}

/* The worker is gone before its last word. */
static void
explain_death(struct broker *b, enum worker_end end, int detail)
{
    char text[96];

    switch (end) {
    case WORKER_FORBIDDEN:
        (void)violation(b, "it made a system call that is forbidden");
        return;
    case WORKER_CPU:
        end_run(b, OUTCOME_TIMEOUT, 0, "the processor time is used up");
        return;
    case WORKER_KILLED:
        end_run(b, OUTCOME_INTERNAL, 0, "the worker was killed");
        return;
    case WORKER_EXITED:
        (void)violation(b, "it ended without a word");
        return;
    case WORKER_CRASHED:
        snprintf(text, sizeof text, "it crashed (%d)", detail);
        (void)violation(b, text);
        return;
    }
    UNREACHABLE();
}

static enum go
on_silence(struct broker *b, enum err e)
{
    int detail;

    if (e == ERR_INVALID)
        return violation(b, "it sent what is no message");
    if (e == ERR_TIMEOUT) {
        end_run(b, OUTCOME_TIMEOUT, 0, "the run took longer than it may");
        return STOP;
    }
    enum worker_end end =
        worker_reap(&b->worker, false, b->order.limits.cpu_ms, &detail);
    explain_death(b, end, detail);
    return STOP;
}

static void
note_refusal(struct broker *b, const struct diag *d)
{
    const char *rule = d->field[0] != 0 ? d->field : err_slug(d->code);

    b->was_unpaid = b->was_unpaid || d->code == ERR_BUDGET;
    if (d->code != ERR_POLICY && d->code != ERR_NOT_YET)
        return;
    b->was_denied = true;
    snprintf(b->denied_rule, sizeof b->denied_rule, "%.31s", rule);
}

static enum go
on_ask(struct broker *b, const struct frame *in)
{
    BUF_SCOPE(answer);
    struct diag d = {0}, sent = {0};
    enum frame_type reply = FRAME_ANSWER;
    enum err e;

    buf_init(&answer, FRAME_BYTES_MAX - 1024);
    rowrun_begin(&b->rowrun, b->deadline);
    e = ask(&d, b, in, &answer);
    b->deadline = rowrun_end(&b->rowrun);
    struct str text = buf_str(&answer);
    if (e != ERR_OK) {
        note_refusal(b, &d);
        reply = refusal_frame(e);
        text = str_of(d.text);
    }
    if (e == ERR_TIMEOUT) {
        end_run(b, OUTCOME_TIMEOUT, 0, "the run took longer than it may");
        return STOP;
    }
    if (reply == FRAME_NONE) {
        log_diag(LOG_ERROR, "broker.question", &d);
        end_run(b, OUTCOME_INTERNAL, 0, "the question could not be answered");
        return STOP;
    }
    e = frame_send(&sent, b->worker.fd, b->deadline, reply, text, NULL, 0);
    return e == ERR_OK ? GO_ON : on_silence(b, e);
}

static enum go
on_print(struct broker *b, const struct frame *in)
{
    buf_add(&b->outcome.log, in->body.ptr, in->body.len);
    return b->outcome.log.full ? violation(b, "it wrote more log than it may") : GO_ON;
}

static enum go
on_done(struct broker *b, const struct frame *in)
{
    struct diag d = {0};
    json_auto_t *output = NULL;

    if (in->body.len > (size_t)b->order.limits.output_bytes_max)
        return violation(b, "its output is larger than it may be");
    if (json_parse(&d, buf_str(&in->body), &output) != ERR_OK)
        return violation(b, "its output is not JSON");
    buf_init(&b->output, FRAME_BYTES_MAX);
    buf_add(&b->output, in->body.ptr, in->body.len);
    end_run(b, OUTCOME_OK, 0, "");
    return STOP;
}

static enum go
on_ended(struct broker *b, const struct frame *in)
{
    static const enum outcome_kind kinds[] = {[LUABOX_OK] = OUTCOME_SANDBOX_VIOLATION,
        [LUABOX_SCRIPT] = OUTCOME_SCRIPT_ERROR,
        [LUABOX_MEMORY] = OUTCOME_MEMORY,
        [LUABOX_BUDGET] = OUTCOME_BUDGET,
        [LUABOX_POLICY] = OUTCOME_POLICY};
    struct fields f = fields_of(buf_str(&in->body));
    enum luabox_end end = (enum luabox_end)field_i64(&f, LUABOX_SCRIPT, LUABOX_POLICY);
    int line = (int)field_i64(&f, 0, SOURCE_BYTES_MAX);
    char text[512];

    field_z(&f, text, sizeof text);
    if (!fields_end(&f))
        return violation(b, "it reported an end that cannot be read");
    str_utf8_mend(text, strlen(text));
    if ((end == LUABOX_BUDGET && !b->was_unpaid) ||
        (end == LUABOX_POLICY && !b->was_denied))
        end = LUABOX_SCRIPT;
    end_run(b, kinds[end], line, end == LUABOX_MEMORY ? "not enough memory" : text);
    if (end == LUABOX_POLICY)
        snprintf(b->outcome.rule, sizeof b->outcome.rule, "%s", b->denied_rule);
    return STOP;
}

static const struct {
    enum frame_type type;
    enum go (*handle)(struct broker *b, const struct frame *in);
} worker_messages[] = {
    {FRAME_EXPLAIN, on_ask},
    {FRAME_RELEASE, on_ask},
    {FRAME_EXACT, on_ask},
    {FRAME_PRINT, on_print},
    {FRAME_DONE, on_done},
    {FRAME_ENDED, on_ended},
};

static enum go
on_message(struct broker *b, const struct frame *in)
{
    for (size_t i = 0; i < ARRAY_N(worker_messages); i++) {
        if (worker_messages[i].type == in->type)
            return worker_messages[i].handle(b, in);
    }
    return violation(b, "it sent a message that is not its to send");
}

static void
serve(struct broker *b)
{
    FRAME_SCOPE(in);
    enum go go = GO_ON;
    int detail;

    b->outcome.kind = OUTCOME_INTERNAL;
    while (go == GO_ON) {
        struct diag d = {0};
        enum err e = frame_recv(&d, b->worker.fd, b->deadline, &in);
        go = e == ERR_OK ? on_message(b, &in) : on_silence(b, e);
    }
    (void)worker_reap(&b->worker, true, b->order.limits.cpu_ms, &detail);
}

/* ---- the run ---- */

static void
put_budget_text(
    struct buf *out, const char *name, int64_t amount, char *text(int64_t, char *))
{
    char room[32];

    buf_addf(out, ",\"%s\":%s", name, text(amount, room));
}

/* What site.budget() shows: public, and the same on mock and real. */
static void
budget_json(const struct broker *b, struct buf *out)
{
    const struct budget *cap = &b->order.cap;

    buf_addf(out, "{\"accounting\":\"%s\"", accounting_name(b->order.accounting));
    if (cap->eps_nano != EPS_NONE)
        put_budget_text(out, "epsilon", cap->eps_nano, nano_text);
    put_budget_text(out, "rho", cap->rho_nano, nano_text);
    put_budget_text(out, "delta", cap->delta_atto, atto_text);
    buf_addz(out, "}");
}

static enum err
send_job(struct diag *d, struct broker *b)
{
    BUF_SCOPE(out);
    BUF_SCOPE(budget);

    buf_init(&out, frame_bytes_max(FRAME_JOB));
    buf_init(&budget, 1024);
    budget_json(b, &budget);
    field_put_str(&out, b->order.source);
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
    TRY(load_data(d, b, s));
    b->rng = rng_new();
    TRY(jail_seal(d, &jail));
    TRY(worker_ready(d, &b->worker, b->deadline));
    TRY(hand_over(d, b));
    serve(b);
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
    TRY(read_order(d, b, order));
    b->questions_left = b->order.limits.questions_max;
    b->explains_left = b->questions_left * EXPLAINS_PER_QUESTION;
    b->deadline.us = clock_mono().us + b->order.limits.wall_ms * 1000;
    buf_init(&b->outcome.log, RUN_LOG_BYTES_MAX);
    return ERR_OK;
}

static void
send_failure(int fd, const struct diag *d)
{
    BUF_SCOPE(out);
    struct diag ignored = {0};

    buf_init(&out, frame_bytes_max(FRAME_FAILED));
    field_put_diag(&out, d);
    if (frame_send(
            &ignored, fd, FRAME_NO_DEADLINE, FRAME_FAILED, buf_str(&out), NULL, 0))
        log_diag(LOG_WARN, "broker.gone", &ignored);
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
    if (e != ERR_OK) {
        log_diag(LOG_ERROR, "broker.failed", &d);
        (void)worker_reap(&b.worker, true, INT64_MAX, &detail);
        send_failure(b.server_fd, &d);
    }
    _exit(e == ERR_OK ? 0 : 1);
}
