/* runner_client.c -- runs: an order, the charges and answers that it comes to, its outcome. */
#include "sandbox/client/runner_client.h"

#include "datasite/base/check.h"
#include "datasite/base/clock.h"
#include "datasite/base/fdio.h"
#include "sandbox/client/runner_keeper.h"

#include <string.h>

#define GRACE_US INT64_C(15000000) /* beyond a run's wall time, then we give up */

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

/* read_output of broker_order.c is the other side. */
static void
put_output(struct buf *out, const struct sdc_limits *l)
{
    field_put_i64(out, l->suppress);
    field_put_i64(out, l->rounding);
    field_put_i64(out, l->persons_min);
    field_put_i64(out, l->dominance_percent);
    field_put_i64(out, l->p_percent);
    field_put_i64(out, l->freedom_min);
    field_put_i64(out, l->zeros);
    field_put_i64(out, l->equal);
    field_put_i64(out, l->extremes);
}

/* broker_read_order is the other side. */
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
    field_put_z(out, o->dataset_name);
    field_put_str(out, o->source);
    field_put_str(out, o->schema_json);
    field_put_i64(out, o->lane);
    field_put_i64(out, o->accounting);
    field_put_budget(out, o->cap);
    field_put_i64(out, o->promise.epsilon_nano);
    field_put_i64(out, o->promise.delta_atto);
    field_put_i64(out, o->promise.at_delta_atto);
    field_put_i64(out, o->rows_assumed);
    field_put_i64(out, o->key_persons_min);
    field_put_i64(out, (int64_t)o->seed);
    field_put_i64(out, o->limits.cpu_ms);
    field_put_i64(out, o->limits.memory_bytes);
    field_put_i64(out, o->limits.questions_max);
    field_put_i64(out, o->limits.output_bytes_max);
    put_output(out, &o->output);
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
    return runner_read_end(d, &f, "a charge");
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

    TRY(runner_read_end(d, &f, "an answer"));
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
    TRY(runner_read_end(d, &f, "an outcome"));
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
        TRY(runner_hear(d, w->fd, w->deadline, &in));
        if (in.type == FRAME_OUTCOME)
            return read_outcome(d, &in, out);
        if (in.type == FRAME_CHARGE) {
            TRY(on_charge(d, w, &in));
        } else if (in.type == FRAME_KEEP) {
            TRY(on_keep(d, w, &in));
        } else {
            return runner_out_of_turn(d, &in);
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
    TRY(runner_send(
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
    struct monous deadline = {clock_mono().us + RUNNER_SEND_US};
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
