/* rowrun.c -- the broker's side of row processes: a row port whose programs run jailed. */
#include "sandbox/runner/rowrun.h"

#include "datasite/base/check.h"
#include "datasite/base/clock.h"
#include "datasite/base/fdio.h"
#include "datasite/base/json.h"
#include "sandbox/runner/rowrun_talk.h"
#include "sandbox/wire/rowwire.h"

#include <string.h>

#define BLOCK_SLOT (STARTER_SLOTS - 1)
/* How long a process may be silent: far more than its quota takes on a busy machine. */
#define START_MS    30000
#define ROW_MS      2000
#define BLOCK_MS    10000
#define BLOCK_WALLS 8 /* of the processor time that it has */
/* What a block costs beside its program's time: its start, and what limits are rounded to. */
#define BLOCK_START_MS 2000

_Static_assert(ROW_PROGRAMS_MAX < STARTER_SLOTS, "a place for every program");

/* ---- processes ---- */

static bool
is_over(const struct rowrun *r)
{
    return r->failed != ERR_OK;
}

static struct monous
end_of_all(const struct rowrun *r)
{
    return (struct monous){r->deadline.us + r->left_us};
}

/* So long from now, and not beyond what all have together. */
static struct monous
after_ms(const struct rowrun *r, int64_t ms)
{
    struct monous soon = {clock_mono().us + ms * 1000}, end = end_of_all(r);

    return soon.us < end.us ? soon : end;
}

/* A fault of the starter, or of the jail. */
static void
note_fault(struct rowrun *r)
{
    if (!is_over(r))
        r->failed = ERR_SANDBOX;
}

/* Silence of a process is its program's own, until the time of all is over. */
static void
note_silence(struct rowrun *r, enum err e)
{
    if (e == ERR_TIMEOUT && !is_over(r) && clock_mono().us >= end_of_all(r).us)
        r->failed = ERR_TIMEOUT;
}

/* The time that the port is busy, by scope. */
struct stint {
    struct rowrun *r;
    int64_t began_us;
};

static void
stint_end(struct stint *s)
{
    s->r->spent_us += clock_mono().us - s->began_us;
}
#define STINT_SCOPE(r) \
    struct stint stint \
        __attribute__((cleanup(stint_end), unused)) = {(r), clock_mono().us}

static void
dismiss(struct rowrun *r, struct rowrun_process *p)
{
    struct diag d = {0};
    enum err e;

    if (p->fd == -1)
        return;
    fd_close_p(&p->fd);
    e = starter_dismiss(
        &d, r->starter_fd, FRAME_NO_DEADLINE, (size_t)(p - r->processes));
    if (e != ERR_OK)
        note_fault(r);
}

static enum err
greet(struct diag *d, struct rowrun *r, struct rowrun_process *p,
    struct row_answer *reply)
{
    struct worker w = {.pid = 0, .fd = p->fd};
    struct monous deadline = after_ms(r, START_MS);

    TRY(worker_ready(d, &w, deadline));
    TRY(row_send_program(d, p->fd, deadline, p->program, r->seed));
    return row_hear(d, p->fd, deadline, FRAME_COMPILED, reply);
}

/* A fresh process with the program; reply says whether the text compiled. */
static enum err
start(struct diag *d, struct rowrun *r, struct rowrun_process *p,
    struct row_answer *reply)
{
    bool map = p->program->kind == ROW_MAP;
    struct worker_limits l = {.probe = -1,
        .role = map ? WORKER_MAP : WORKER_BLOCK,
        .memory_bytes = map ? ROW_MAP_MEMORY : r->memory_bytes,
        .cpu_ms = map ? ROW_MAP_CPU_MS : r->cpu_ms};
    enum err e = starter_hire(d, r->starter_fd, after_ms(r, START_MS),
        (size_t)(p - r->processes), &l, &p->fd);

    note_silence(r, e);
    if (e != ERR_OK) {
        note_fault(r);
        return e;
    }
    e = greet(d, r, p, reply);
    note_silence(r, e);
    if (e == ERR_SANDBOX)
        note_fault(r);
    if (e != ERR_OK)
        dismiss(r, p);
    return e;
}

static struct rowrun_process *
place_of(struct rowrun *r, const struct row_program *p)
{
    if (p->kind != ROW_MAP)
        return &r->processes[BLOCK_SLOT];
    for (size_t i = 0; i < BLOCK_SLOT; i++) {
        struct rowrun_process *at = &r->processes[i];
        if (at->program == p || at->program == NULL)
            return at;
    }
    UNREACHABLE();
}

/* Starts the program afresh; false: it is not there, and defaults serve. */
static bool
restart(struct rowrun *r, struct rowrun_process *at, const struct row_program *p)
{
    ROW_ANSWER_SCOPE(reply);
    struct diag d = {0};

    dismiss(r, at);
    *at = (struct rowrun_process){.program = p, .fd = -1};
    return !is_over(r) && start(&d, r, at, &reply) == ERR_OK && reply.good;
}

/* At the most, which depends on the question alone. */
static int64_t
block_ms(const struct rowrun *r)
{
    return r->cpu_ms + BLOCK_START_MS;
}

static enum err
check(void *self, struct diag *d, const struct row_program *p)
{
    struct rowrun *r = self;
    struct rowrun_process *at = place_of(r, p);
    ROW_ANSWER_SCOPE(reply);
    struct diag inner = {0};
    bool map = p->kind == ROW_MAP;
    STINT_SCOPE(r);

    if (p->blocks > r->blocks_ms / block_ms(r))
        return FAIL(d, ERR_INVALID,
            "all blocks of a run together might take more than a day: ask for fewer");
    dismiss(r, at);
    *at = (struct rowrun_process){.program = p, .fd = -1};
    if (start(&inner, r, at, &reply) != ERR_OK) {
        return is_over(r) ? FAIL(d, r->failed, "%.300s", inner.text)
                          : FAIL(d, ERR_INVALID, "the row program cannot be compiled");
    }
    if (!map || !reply.good)
        dismiss(r, at);
    return reply.good
        ? ERR_OK
        : FAIL(d, ERR_INVALID, "the row program does not compile: %.300s", reply.error);
}

/* ---- rows ---- */

static int64_t
within(int64_t v, const struct row_program *p)
{
    return v < p->lower ? p->lower : v > p->upper ? p->upper : v;
}

/* Rows [from, from + n) through the process. */
static enum err
map_rows(struct rowrun *r, struct rowrun_process *at, const struct row_batch *in,
    size_t from, size_t n, int64_t *out)
{
    FRAME_SCOPE(reply);
    struct diag d = {0};
    struct monous deadline = after_ms(r, (int64_t)n * ROW_MS);

    TRY(row_send_batch(&d, at->fd, deadline, at->program, in, from, n));
    TRY(frame_recv(&d, at->fd, deadline, &reply));
    if (reply.type != FRAME_VALUES || reply.body.len != n * sizeof *out)
        return FAIL(&d, ERR_INVALID, "a row process gave no values");
    memcpy(out + from, reply.body.ptr, n * sizeof *out);
    for (size_t i = from; i < from + n; i++)
        out[i] = within(out[i], at->program);
    return ERR_OK;
}

/* One process died of one of these rows: each gets one of its own now. */
static void
map_apart(struct rowrun *r, struct rowrun_process *at, const struct row_batch *in,
    int64_t *out)
{
    const struct row_program *p = at->program;
    enum err e;

    for (size_t i = 0; i < in->n && !is_over(r); i++) {
        out[i] = p->fallback;
        if (at->fd == -1 && !restart(r, at, p))
            continue;
        e = map_rows(r, at, in, i, 1, out);
        note_silence(r, e);
        if (e != ERR_OK) {
            out[i] = p->fallback;
            dismiss(r, at);
        }
    }
}

static void
map(void *self, const struct row_program *p, const struct row_batch *in, int64_t *out)
{
    struct rowrun *r = self;
    struct rowrun_process *at = place_of(r, p);
    enum err e = ERR_IO;
    STINT_SCOPE(r);

    for (size_t i = 0; i < in->n; i++)
        out[i] = p->fallback;
    if (is_over(r))
        return;
    if ((at->program == p && at->fd != -1) || restart(r, at, p))
        e = map_rows(r, at, in, 0, in->n, out);
    if (e == ERR_OK)
        return;
    note_silence(r, e);
    dismiss(r, at);
    map_apart(r, at, in, out);
}

/* ---- blocks ---- */

static void
open_block(void *self, const struct row_program *p)
{
    struct rowrun *r = self;
    STINT_SCOPE(r);

    (void)restart(r, place_of(r, p), p);
    r->blocks_ms -= block_ms(r);
    r->block_deadline = after_ms(r, BLOCK_MS + (r->cpu_ms * BLOCK_WALLS));
}

/* What a process that is gone would have read is dropped. */
static void
feed(void *self, const struct row_program *p, const struct row_batch *in)
{
    struct rowrun *r = self;
    struct rowrun_process *at = place_of(r, p);
    struct diag d = {0};
    enum err e;
    STINT_SCOPE(r);

    if (at->fd == -1 || in->n == 0)
        return;
    e = row_send_batch(&d, at->fd, r->block_deadline, p, in, 0, in->n);
    note_silence(r, e);
    if (e == ERR_SANDBOX)
        note_fault(r);
    if (e != ERR_OK)
        dismiss(r, at);
}

static enum err
finish(struct rowrun *r, struct rowrun_process *at, struct row_answer *reply)
{
    static const struct row_batch none = {.n = 0};
    struct diag d = {0};
    enum err e = ERR_IO;
    STINT_SCOPE(r);

    if (at->fd != -1)
        e = row_send_batch(&d, at->fd, r->block_deadline, at->program, &none, 0, 0);
    if (e == ERR_OK)
        e = row_hear(&d, at->fd, r->block_deadline, FRAME_RESULT, reply);
    note_silence(r, e);
    dismiss(r, at);
    return e;
}

static int64_t
number(void *self, const struct row_program *p)
{
    struct rowrun *r = self;
    ROW_ANSWER_SCOPE(reply);

    if (finish(r, place_of(r, p), &reply) != ERR_OK || !reply.good)
        return p->fallback;
    return within(reply.number, p);
}

/* On a mock the author reads what went wrong; on real rows the words could be rows. */
static enum err
no_value(struct diag *d, const struct rowrun *r, const struct row_answer *reply)
{
    if (r->is_mock && reply->error[0] != 0)
        return FAIL(d, ERR_UNPROCESSABLE, "collect: %.300s", reply->error);
    return FAIL(d, ERR_UNPROCESSABLE, "collect: the program gave no value");
}

static enum err
value(void *self, struct diag *d, const struct row_program *p, struct buf *json)
{
    struct rowrun *r = self;
    ROW_ANSWER_SCOPE(reply);
    struct diag ignored = {0};
    json_auto_t *doc = NULL;

    if (finish(r, place_of(r, p), &reply) != ERR_OK || !reply.good)
        return no_value(d, r, &reply);
    BUF_SCOPE(wrapped); /* a value may be bare: a document is not */
    buf_init(&wrapped, ROW_RESULT_BYTES_MAX + 64);
    buf_addz(&wrapped, "{\"value\":");
    buf_add(&wrapped, reply.json.ptr, reply.json.len);
    buf_addz(&wrapped, "}");
    if (json_parse(&ignored, buf_str(&wrapped), &doc) != ERR_OK ||
        json_object_size(doc) != 1)
        return no_value(d, r, &reply);
    return json_text(d, doc, json);
}

struct row_port
rowrun_port(struct rowrun *r)
{
    for (size_t i = 0; i < STARTER_SLOTS; i++)
        r->processes[i] = (struct rowrun_process){.fd = -1};
    return (struct row_port){r, check, map, open_block, feed, number, value};
}

void
rowrun_begin(struct rowrun *r, struct monous deadline)
{
    r->deadline = deadline;
    r->spent_us = 0;
}

struct monous
rowrun_end(struct rowrun *r)
{
    int64_t own;

    for (size_t i = 0; i < STARTER_SLOTS; i++) {
        dismiss(r, &r->processes[i]);
        r->processes[i].program = NULL;
    }
    own = r->spent_us < r->left_us ? r->spent_us : r->left_us;
    r->left_us -= own;
    return (struct monous){r->deadline.us + own};
}
